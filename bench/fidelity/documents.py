"""Writes the tables between the markers of docs/fidelity.md, and the pictures beside it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .cases import Case
from .methods import Method
from .report import OURS, best_other
from .run import Models, Row
from .sheets import save, sheet, worst

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"
IMAGES = PAGE.parent / "images"
WORST = 10
PER_SHEET = 5


def write_tables(blocks: dict[str, str], page: Path = PAGE, *, partly: bool = False) -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- /NAME -->`. Raises ValueError where a marker is missing.

    partly: not everything was measured; lines of which the first cells are the same are replaced, and the others stay.
    """
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        place = pattern.search(text)
        if place is None:
            raise ValueError(f"{page} has no place for the table {name}")
        if partly:
            block = _merged(place[0].splitlines()[1:-1], block.splitlines())
        text = pattern.sub(lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text)
    page.write_text(text, encoding="utf-8")


def _merged(old: Sequence[str], new: Sequence[str]) -> str:
    measured = {_key(line): line for line in new}
    return "\n".join(measured.get(_key(line), line) for line in old)


def _key(line: str) -> tuple[str, ...]:
    """What a line is about: its words before the first number that was measured."""
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    return tuple(cells[:2]) if len(cells) > 3 else (cells[0],)


def write_worst(
    folder: Path, rows: Sequence[Row], model: str, models: Models, cases: Sequence[Case], methods: dict[str, Method]
) -> list[Path]:
    """The worst ten cases of ours with a model, beside the best other method: two JPEG files."""
    best = best_other(rows, model, "ring")
    shown = {name: method for name, method in methods.items() if name in (OURS, best)}
    named = {case.name: case for case in cases}
    chosen = [named[name] for name in worst(rows, model, OURS, WORST)]
    paths: list[Path] = []
    for start in range(0, len(chosen), PER_SHEET):
        path = folder / f"fidelity-worst-{model}-{start // PER_SHEET + 1}.jpg"
        save(path, sheet(chosen[start : start + PER_SHEET], model, models, shown, rows))
        paths.append(path)
    return paths


def read_rows(paths: Sequence[Path]) -> list[Row]:
    """What write_rows wrote, of one or several files."""
    found = [values for path in paths for values in json.loads(path.read_text(encoding="utf-8"))]
    return [Row(**{name: math.nan if value is None else value for name, value in values.items()}) for values in found]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Every measurement as JSON; null where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = [{name: None if value != value else value for name, value in asdict(row).items()} for row in rows]
    path.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")

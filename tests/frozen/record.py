"""Records what the frozen cases give now, for CI: `python -m tests.frozen.record "why the results changed"`.

Run it only for a change that is meant. The reason, and which cases changed, are added to CHANGES.md; commit that, the
recording and the change together, and read the difference of recorded.json. `--new` records cases that are not
recorded yet and leaves the others as they are.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cases import CASES
from .differences import compare
from .drive import HERE, Outcome, digest, input_hash, run_all, serving
from .models import SHIPPED, build_models

FOLDER = Path(__file__).parent
FACTS, CROPS, CHANGES = FOLDER / "recorded.json", FOLDER / "recorded.npz", FOLDER / "CHANGES.md"
SIDE = 24  # pixels of a crop
BLOCKS = 8  # mean colours of the whole picture, across and down

Facts = dict[str, Any]


def facts_of(outcome: Outcome, inputs: str) -> Facts:
    """All that has to be the same on every machine."""
    return {
        "inputs": inputs,
        "plan": outcome.plan,
        "job": outcome.job,
        "results": [
            {
                "told": _portable(made.told),
                "image": f"{made.image.dtype} {made.image.shape}",
                "mask": digest(made.mask),
                "icc": len(made.icc),
            }
            for made in outcome.painted
        ],
    }


def _portable(told: Facts) -> Facts:
    """Without the hash of weights that each machine makes anew."""
    model = told["model"]
    return told if model["name"] == SHIPPED else told | {"model": {**model, "hash": "made"}}


def crops_of(outcome: Outcome) -> dict[str, NDArray[Any]]:
    """Of each result: `0` its middle, exact for 8 bits, else as half floats; `0 blocks` the mean colours of all."""
    crops: dict[str, NDArray[Any]] = {}
    for number, made in enumerate(outcome.painted):
        unit = made.image if made.image.dtype == np.uint8 else _unit(made.image).astype(np.float16)
        crops[str(number)] = middle(unit)
        crops[f"{number} blocks"] = blocks(_unit(made.image)).astype(np.float16)
    return crops


def _unit(image: NDArray[Any]) -> NDArray[np.float64]:
    full = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}[image.dtype.name]
    return image.astype(np.float64) / full


def middle(image: NDArray[Any]) -> NDArray[Any]:
    top, left = (max(0, (length - SIDE) // 2) for length in image.shape[:2])
    return np.ascontiguousarray(image[top : top + SIDE, left : left + SIDE])


def blocks(image: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = (np.linspace(0, length, BLOCKS + 1).astype(int) for length in image.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(image, rows[:-1], axis=0), columns[:-1], axis=1)
    return sums / (np.diff(rows)[:, None, None] * np.diff(columns)[None, :, None])


def run_here(root: Path, cases: Any = CASES) -> tuple[dict[str, Outcome], Facts]:
    """Outcomes of this checkout by case, and the names that a user chooses from."""
    build_models(root / "models")
    with serving(HERE, root / "home", root / "models") as tree:
        return run_all(tree, cases), tree.names()


def load() -> tuple[Facts, dict[str, NDArray[Any]]]:
    """Recorded facts: `models` and, by name, `cases`; and crops by "case/number"."""
    with np.load(CROPS) as crops:
        return json.loads(FACTS.read_text(encoding="utf-8")), dict(crops)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reason", help="why the results changed: a sentence for CHANGES.md")
    parser.add_argument("--new", action="store_true", help="only cases that are not recorded yet")
    options = parser.parse_args()
    facts, crops = load() if FACTS.exists() else ({"models": {}, "cases": {}}, {})
    kept = facts["cases"] if options.new else {}
    with tempfile.TemporaryDirectory(prefix="layerbridge-record-") as root:
        outcomes, models = run_here(Path(root), [case for case in CASES if case.name not in kept])
    recorded = {
        case.name: kept[case.name] if case.name in kept else facts_of(outcomes[case.name], input_hash(case))
        for case in CASES
    }
    made = {f"{name}/{key}": crop for name, outcome in outcomes.items() for key, crop in crops_of(outcome).items()}
    pictures = {key: crop for key, crop in crops.items() if key.rsplit("/", 1)[0] in kept} | made
    changed = _changes(facts["cases"], recorded, crops, pictures)
    if changed or facts["models"] != models:
        _note(options.reason, changed)
    FACTS.write_text(_text({"models": models, "cases": recorded}), encoding="utf-8")
    np.savez_compressed(CROPS, **{key: pictures[key] for key in sorted(pictures)})
    print("\n".join(changed) or "nothing changed", file=sys.stderr)
    return 0


def _text(facts: Facts) -> str:
    """JSON with a line for each part of a case, so that differences can be read."""
    groups = []
    for group, entries in facts.items():
        lines = []
        for name, entry in entries.items():
            parts = [f"  {json.dumps(part)}: {json.dumps(value, ensure_ascii=False)}" for part, value in entry.items()]
            lines.append(f" {json.dumps(name)}: {{\n" + ",\n".join(parts) + "\n }")
        groups.append(f"{json.dumps(group)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(groups) + "}\n"


def _changes(before: Facts, after: Facts, crops: dict[str, Any], pictures: dict[str, Any]) -> list[str]:
    """A line for each case that is new, gone or another."""
    lines = [f"{name}: gone" for name in before.keys() - after.keys()]
    for name, facts in after.items():
        if name not in before:
            lines.append(f"{name}: new")
            continue
        told = [line.split(":")[0] for line in compare("", before[name], json.loads(json.dumps(facts)))]
        keys = [key for key in pictures if key.rsplit("/", 1)[0] == name]
        if any(key not in crops or not np.array_equal(crops[key], pictures[key]) for key in keys):
            told.append("picture")
        if told:
            lines.append(f"{name}: {', '.join(told)}")
    return lines


def _note(reason: str, changed: list[str]) -> None:
    new = sum(line.endswith(": new") for line in changed)
    told = [line for line in changed if not line.endswith(": new")] + ([f"cases that are new: {new}"] if new else [])
    lines = "".join(f"- {line}\n" for line in told)
    with CHANGES.open("a", encoding="utf-8") as notes:
        notes.write(f"\n## {datetime.date.today():%Y-%m-%d} {reason}\n\n{lines}")


if __name__ == "__main__":
    raise SystemExit(main())

"""The tables: what each method reaches in the middle, and how often the fill by example is closer to the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .methods import OURS
from .run import Row
from .sources import PHOTOGRAPHS

# What counts: all are best at 0. Of a logarithm its size is compared.
COUNTED = {
    "seam": "seam",
    "step": "step ΔE",
    "tone": "border ΔE2000",
    "fine": "fine detail",
    "features": "DISTS",
    "texture": "pyramid",
}
WANTED = 0.7  # of the cases won, against each other method


def blocks(rows: Sequence[Row]) -> dict[str, str]:
    """Name of a block in docs/fill-by-example.md -> its Markdown."""
    return {
        "medians": medians(rows),
        "wins": wins(rows),
        **{f"wins-{kind}": wins([row for row in rows if row.kind == kind]) for kind in _in_order(r.kind for r in rows)},
        "photographs": photographs(),
    }


def medians(rows: Sequence[Row]) -> str:
    lines = [
        "| method | cases | " + " | ".join(COUNTED.values()) + " | fine detail kept | PSNR dB | seconds |",
        "| --- " * (len(COUNTED) + 5) + "|",
    ]
    for method in _in_order(row.method for row in rows):
        mine = [row for row in rows if row.method == method]
        figures = [f"{float(np.median([size(row, name) for row in mine])):.2f}" for name in COUNTED]
        kept = float(np.exp(np.median([row.fine for row in mine])))
        psnr, seconds = (float(np.median([getattr(row, name) for row in mine])) for name in ("psnr", "seconds"))
        cells = " | ".join([*figures, f"{100 * kept:.0f} %", f"{psnr:.1f}", f"{seconds:.1f}"])
        lines.append(f"| {method} | {len(mine)} | {cells} |")
    return "\n".join(lines)


def wins(rows: Sequence[Row]) -> str:
    """Against each other method: how many of the cases that both have are won, in all and by each measure."""
    lines = [
        "| against | cases | won | " + " | ".join(COUNTED.values()) + " | medians that are worse |",
        "| --- " * (len(COUNTED) + 4) + "|",
    ]
    for method in _in_order(row.method for row in rows):
        if method != OURS:
            pairs = paired(rows, method)
            if pairs:
                won = float(np.mean([score(mine, other) for mine, other in pairs]))
                each = [_share(float(np.mean([closer(*pair, name) for pair in pairs]))) for name in COUNTED]
                worse = ", ".join(worse_medians(pairs)) or "none"
                verdict = _share(won) if won >= WANTED else f"**{_share(won)}**"
                lines.append(f"| {method} | {len(pairs)} | {verdict} | {' | '.join(each)} | {worse} |")
    return "\n".join(lines)


def paired(rows: Sequence[Row], method: str) -> list[tuple[Row, Row]]:
    """(ours, the method's) of each case that both have."""
    theirs = {row.case: row for row in rows if row.method == method}
    return [(row, theirs[row.case]) for row in rows if row.method == OURS and row.case in theirs]


def score(mine: Row, other: Row) -> float:
    """1 where ours is closer to the truth by more of the measures than the other, 0 by fewer, 0.5 by as many."""
    balance = sum(2 * closer(mine, other, name) - 1 for name in COUNTED)
    return 0.5 + 0.5 * float(np.sign(balance))


def closer(mine: Row, other: Row, name: str) -> float:
    """1 where ours is closer to the truth by this measure, 0.5 where both are as close."""
    return 0.5 + 0.5 * float(np.sign(size(other, name) - size(mine, name)))


def worse_medians(pairs: Sequence[tuple[Row, Row]]) -> list[str]:
    return [
        text
        for name, text in COUNTED.items()
        if np.median([size(mine, name) for mine, _ in pairs]) > np.median([size(other, name) for _, other in pairs])
    ]


def size(row: Row, name: str) -> float:
    """Of a measure; what cannot be measured is as good as can be for every method."""
    return abs(float(np.nan_to_num(getattr(row, name))))


def worst(rows: Sequence[Row], count: int) -> list[str]:
    """Ours: the cases that are furthest from the truth, by the mean rank over the measures, the worst first."""
    mine = [row for row in rows if row.method == OURS]
    ranks = sum(np.argsort(np.argsort([size(row, name) for row in mine])) for name in COUNTED)
    return [mine[index].case for index in np.argsort(-np.asarray(ranks), kind="stable")[:count]]


def photographs() -> str:
    """Which come from where, and how many of them the starter model has seen."""
    lines = ["| package | licence | photographs |", "| --- | --- | --- |"]
    for package, licence in _in_order((photo.package, photo.licence) for photo in PHOTOGRAPHS):
        mine = [photo for photo in PHOTOGRAPHS if (photo.package, photo.licence) == (package, licence)]
        names = ", ".join(f"{photo.name} †" if photo.trained else photo.name for photo in mine)
        makers = "; ".join(_in_order(photo.maker for photo in mine))
        lines.append(f"| {package} | {licence} ({makers}) | {names} |")
    return "\n".join(lines)


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


def _in_order(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))

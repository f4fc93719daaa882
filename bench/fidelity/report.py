"""The tables of the benchmark, and whether the targets are met."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .run import Row

OURS = "ours"
NO_WORSE = 0.01  # of a log ratio or a CIEDE2000: differences below are none
MEASURED = ("identity", "ideal", "shifted", "biased", "starter")
DEMANDED = ("ideal", "shifted", "biased", "starter")


@dataclass(frozen=True)
class Target:
    """One line of what is asked for."""

    text: str
    value: str
    met: bool | None


def table(rows: Sequence[Row]) -> str:
    """Per model and method, medians and means over the cases, as Markdown."""
    lines = [
        "| model | method | changed outside, 8-bit sRGB | the same, other documents | seam (own border) "
        "| seam (selection) | step | border ΔE2000 | of local means | core ms |",
        "| --- " * 10 + "|",
    ]
    for model in MEASURED:
        for method in methods_of(rows):
            chosen = [row for row in rows if (row.model, row.method) == (model, method)]
            if chosen:
                plain = [row for row in chosen if row.case.endswith("U8 sRGB")]
                deep = [row for row in chosen if not row.case.endswith("U8 sRGB")]
                lines.append(
                    f"| {model} | {method} | {_changed(plain)} | {_changed(deep)} "
                    f"| {median_size(chosen, 'seam'):.3f} | {median_size(chosen, 'seam_selection'):.3f} "
                    f"| {median_size(chosen, 'step'):.2f} | {mean(chosen, 'ring'):.2f} | {mean(chosen, 'tone'):.2f} "
                    f"| {1000 * float(np.median([row.seconds for row in chosen])):.0f} |"
                )
    return "\n".join(lines)


def targets(rows: Sequence[Row]) -> list[Target]:
    """The issue's lines that follow from the cases."""
    models = [model for model in MEASURED if any(row.model == model for row in rows)]
    found = [_nothing_outside(rows)]
    if "ideal" in models:
        for name, where in (("seam", "its own border"), ("seam_selection", "the selection's border")):
            size = median_size(pick(rows, "ideal", OURS), name)
            found.append(Target(f"seam at {where}, ideal model: median size at most 0.05", f"{size:.3f}", size <= 0.05))
    for model in models:
        found += _seam_against_others(rows, model, "seam") + _seam_against_others(rows, model, "seam_selection")
        found += _ring_against_others(rows, model)
    found += _intended(rows)
    return found


def by_group(rows: Sequence[Row], place: int) -> str:
    """Ours and the best other in groups of cases, by a word of their names: 1 the selection, 2 what was there."""
    lines = [
        "| model | cases | seam: ours | best other | at the selection: ours | best other "
        "| border ΔE2000: ours | best other |",
        "| --- " * 8 + "|",
    ]
    for model in (name for name in MEASURED if any(row.model == name for row in rows)):
        for group in sorted({row.case.split()[place] for row in rows}):
            chosen = [row for row in rows if row.case.split()[place] == group]
            cells: list[str] = []
            for name, statistic in (("seam", median_size), ("seam_selection", median_size), ("ring", mean)):
                best = best_other(rows, model, name)
                for method in (OURS, best):
                    cells.append("" if method is None else f"{statistic(pick(chosen, model, method), name):.2f}")
            lines.append(f"| {model} | {group} | {' | '.join(cells)} |")
    return "\n".join(lines)


def target_table(found: Sequence[Target]) -> str:
    said = {True: "met", False: "**missed**", None: "reported"}
    lines = [f"| {target.text} | {target.value} | {said[target.met]} |" for target in found]
    return "\n".join(["| asked for | measured | |", "| --- | --- | --- |", *lines])


def methods_of(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.method for row in rows))


def pick(rows: Sequence[Row], model: str, method: str) -> list[Row]:
    return [row for row in rows if row.model == model and row.method == method]


def median_size(rows: Sequence[Row], name: str) -> float:
    return _over(rows, name, np.nanmedian)


def mean(rows: Sequence[Row], name: str) -> float:
    return _over(rows, name, np.nanmean)


def _over(rows: Sequence[Row], name: str, statistic: object) -> float:
    sizes = np.abs([getattr(row, name) for row in rows])
    return float(statistic(sizes)) if np.isfinite(sizes).any() else math.nan  # type: ignore[operator]


def _changed(rows: Sequence[Row]) -> str:
    if not rows:
        return "none"
    touched = [row for row in rows if row.changed]
    share = sum(row.changed for row in rows) / sum(row.values for row in rows)
    return f"{len(touched)} of {len(rows)} cases ({100 * share:.1f} %)"


def _nothing_outside(rows: Sequence[Row]) -> Target:
    mine = [row for row in rows if row.method == OURS]
    changed = sum(row.changed for row in mine)
    return Target(f"outside the mask: 0 changed values ({len(mine)} edits)", f"{changed}", changed == 0)


def best_other(rows: Sequence[Row], model: str, name: str) -> str | None:
    """The published method with the smallest seam (its median) or ring (its mean) with a model."""
    others = [method for method in methods_of(rows) if method != OURS and pick(rows, model, method)]
    statistic = mean if name == "ring" else median_size
    return min(others, key=lambda method: statistic(pick(rows, model, method), name), default=None)


def _seam_against_others(rows: Sequence[Row], model: str, name: str) -> list[Target]:
    best = best_other(rows, model, name)
    mine = {row.case: abs(getattr(row, name)) for row in pick(rows, model, OURS) if math.isfinite(getattr(row, name))}
    if best is None or not mine:
        return []
    others = [method for method in methods_of(rows) if method != OURS]
    single = {row.case: abs(getattr(row, name)) for row in pick(rows, model, best)}
    each = {case: min(_sizes(rows, model, others, case, name)) for case in mine}
    shares = [sum(mine[case] <= other[case] + NO_WORSE for case in mine) / len(mine) for other in (single, each)]
    where = "its own border" if name == "seam" else "the selection's border"
    return [
        Target(
            f"seam at {where}, {model} model: no worse than the best other method in 80 % of the cases",
            f"{100 * shares[0]:.0f} % ({best}); than the best of all in each single case {100 * shares[1]:.0f} %",
            shares[0] >= 0.8 if model in DEMANDED else None,
        )
    ]


def _sizes(rows: Sequence[Row], model: str, methods: Sequence[str], case: str, name: str) -> list[float]:
    return [abs(getattr(row, name)) for row in rows if (row.case, row.model) == (case, model) and row.method in methods]


def _ring_against_others(rows: Sequence[Row], model: str) -> list[Target]:
    best = best_other(rows, model, "ring")
    if best is None:
        return []
    mine, other = mean(pick(rows, model, OURS), "ring"), mean(pick(rows, model, best), "ring")
    text, limit = {
        "shifted": ("at most half of the best other's", other / 2),
        "biased": ("at most half of the best other's", other / 2),
        "ideal": ("at most the best other's + 0.2", other + 0.2),
    }.get(model, ("beside the best other's", math.inf))
    met = mine <= limit if math.isfinite(limit) else None
    return [Target(f"border ΔE2000, {model} model: {text}", f"{mine:.2f}, {best} {other:.2f}", met)]


def _intended(rows: Sequence[Row]) -> list[Target]:
    mine = [row.intended for row in pick(rows, "intended", OURS) if math.isfinite(row.intended)]
    if not mine:
        return []
    text = f"intended colour: ΔE2000 at most 2 from 16 pixels inside (worst of {len(mine)} cases)"
    return [Target(text, f"{max(mine):.2f}", max(mine) <= 2)]

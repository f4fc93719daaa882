"""How much noise there is before each step of a distilled model, which was trained at these levels and no others
(standard library only).
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from ...models.parts import INDEX_NAME
from ...models.reading import unreadable
from ...operations.limits import MAX_STEPS

Levels = tuple[float, ...]  # shares, from 1; after the last step there is none
NAME = "sample_sigmas"  # in model_index.json
TURBO: Levels = (1.0, 0.978453, 0.95418, 0.926626, 0.89508, 0.845148, 0.704534, 0.414568)  # of the published folder


def levels_of(folder: Path, told: Any) -> Levels | None:
    """Those that a folder's index tells; None where it tells none. Raises BridgeError(model_unreadable)."""
    if told is None:
        return None
    levels = cast("list[Any]", told) if isinstance(told, list) else []
    are_numbers = all(isinstance(level, (int, float)) and not isinstance(level, bool) for level in levels)
    if not 1 <= len(levels) <= MAX_STEPS or not are_numbers or not _fall(tuple(map(float, levels))):
        why = f"its {NAME} has to be 1 to {MAX_STEPS} numbers from 1 down to more than 0"
        raise unreadable(folder / INDEX_NAME, why)
    return tuple(map(float, levels))


def _fall(levels: Levels) -> bool:
    return levels[0] <= 1 and levels[-1] > 0 and all(one > other for one, other in pairwise(levels))


def resampled(levels: Levels, steps: int) -> list[float]:
    """For another number of steps: along the same line."""
    ends = (*levels, 0.0)
    made: list[float] = []
    for step in range(steps):
        place = step * len(levels) / steps
        whole = int(place)
        made.append(ends[whole] + (place - whole) * (ends[whole + 1] - ends[whole]))
    return made

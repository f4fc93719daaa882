"""Which part of a large picture pieces are to come from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Usable = NDArray[np.uint8] | NDArray[np.bool_]

STEP = 64  # pixels between the places that are tried
ENOUGH = 0.9  # of what the best place has: then the one that is wanted, or the nearest to it, is taken


def fullest(usable: Usable, most: int, row: int, column: int) -> tuple[slice, slice]:
    """Rows and columns of a part of at most so many pixels a side: around the place that is wanted, unless another has
    clearly more that may be copied. A ring has nothing in its middle.

    usable: (H, W) 0 or 1. row, column: the middle of the part that is wanted.
    """
    wanted = (_start(row, usable.shape[0], most), _start(column, usable.shape[1], most))
    size = (min(most, usable.shape[0]), min(most, usable.shape[1]))
    if size != usable.shape:
        wanted = _best(usable, size, wanted)
    return slice(wanted[0], wanted[0] + size[0]), slice(wanted[1], wanted[1] + size[1])


def _best(usable: Usable, size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    sums = np.asarray(cv2.integral(usable.astype(np.uint8)), np.int64)
    top, left = (
        np.unique([*range(0, length - side, STEP), length - side, start])
        for length, side, start in zip(usable.shape, size, wanted, strict=True)
    )
    bottom, right = top + size[0], left + size[1]
    found = (
        sums[np.ix_(bottom, right)] - sums[np.ix_(top, right)] - sums[np.ix_(bottom, left)] + sums[np.ix_(top, left)]
    )
    away = np.hypot(top[:, np.newaxis] - wanted[0], left - wanted[1])
    away[found < ENOUGH * found.max()] = np.inf
    first, second = np.unravel_index(np.argmin(away), away.shape)
    return int(top[first]), int(left[second])


def _start(middle: int, length: int, most: int) -> int:
    return max(0, min(length - most, middle - most // 2))

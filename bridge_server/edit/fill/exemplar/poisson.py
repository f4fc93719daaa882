"""The last step: colours whose differences are those of the sources, and that meet the known picture without a step.

Perez, Gangnet & Blake, Poisson Image Editing (SIGGRAPH 2003), screened: Bhat, Curless, Cohen & Zitnick, Fourier
Analysis of the 2D Screened Poisson Equation for Gradient Domain Problems (ECCV 2008).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled_part, compiled_plain
from .matching import Flags


@compiled_plain
def relax(
    first: int,
    last: int,
    parity: int,
    kind: Flags,
    wanted: NDArray[np.float32],
    correction: NDArray[np.float32],
    screen: np.float32,
    factor: np.float32,
) -> None:
    """Half a sweep of successive over-relaxation, in place, of the pixels with (row + column) % 2 == parity.

    kind: (rows, columns) 0 not there, 1 fixed, 2 to be solved. wanted: (rows, columns, channels) the sum of what the
    differences to the four neighbours should be. screen: what keeps the correction small.
    """
    height, width = kind.shape
    channels = wanted.shape[2]
    for y in range(first, last):
        for x in range((y + parity) % 2, width, 2):
            if kind[y, x] != 2:
                continue
            up = y > 0 and kind[y - 1, x] > 0
            down = y + 1 < height and kind[y + 1, x] > 0
            before = x > 0 and kind[y, x - 1] > 0
            after = x + 1 < width and kind[y, x + 1] > 0
            count = np.float32(up + down + before + after) + screen
            for k in range(channels):
                total = wanted[y, x, k]
                if up:
                    total += correction[y - 1, x, k]
                if down:
                    total += correction[y + 1, x, k]
                if before:
                    total += correction[y, x - 1, k]
                if after:
                    total += correction[y, x + 1, k]
                correction[y, x, k] += factor * (total / count - correction[y, x, k])


@compiled_plain
def divergence(
    first: int,
    last: int,
    kind: Flags,
    colors: NDArray[np.float32],
    slopes: NDArray[np.float32],
    wanted: NDArray[np.float32],
    most: np.float32,
) -> None:
    """Write by how much the differences of `colors` between a pixel and its neighbours miss the slopes, summed up.

    What is missed by much more than `most` is no step of brightness but an edge that goes on otherwise: it counts less
    the more it is. A slope that is NaN counts nothing.
    """
    height, width = kind.shape
    channels = wanted.shape[2]
    for y in range(first, last):
        for x in range(width):
            if kind[y, x] != 2:
                continue
            for k in range(channels):
                total = np.float32(0)
                value = colors[y, x, k]
                if x + 1 < width and kind[y, x + 1] > 0:
                    total += _counted(colors[y, x + 1, k] - value - slopes[0, y, x, k], most)
                if x > 0 and kind[y, x - 1] > 0:
                    total += _counted(colors[y, x - 1, k] - value + slopes[0, y, x - 1, k], most)
                if y + 1 < height and kind[y + 1, x] > 0:
                    total += _counted(colors[y + 1, x, k] - value - slopes[1, y, x, k], most)
                if y > 0 and kind[y - 1, x] > 0:
                    total += _counted(colors[y - 1, x, k] - value + slopes[1, y - 1, x, k], most)
                wanted[y, x, k] = total


@compiled_part
def _counted(missed: np.float32, most: np.float32) -> np.float32:
    """Leclerc's influence function."""
    if np.isnan(missed):
        return np.float32(0)
    return missed * np.exp(-(missed / most) * (missed / most))

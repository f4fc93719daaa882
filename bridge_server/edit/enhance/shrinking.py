"""The loops of blocks.shrink, compiled: importing this module imports numba.

Blocks begin each two pixels, so a row of them is worked on in runs of RUN blocks, its even and its odd columns apart:
all innermost loops are over as many values that lie beside each other, which a processor does eight at a time. Of a run
the columns are transformed once for all blocks that share them. The transform of eight values is Chen, Smith and
Fralick's, "A Fast Computational Algorithm for the Discrete Cosine Transform" (1977), its first step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

RUN = 64  # blocks
HALF = RUN + 3  # even columns, or odd ones, that a run of blocks covers

_MEAN = np.float32(np.sqrt(1 / 8))
_E1, _E3 = np.float32(np.cos(np.pi / 8) / 2), np.float32(np.sin(np.pi / 8) / 2)
_O1, _O3 = np.float32(np.cos(np.pi / 16) / 2), np.float32(np.cos(3 * np.pi / 16) / 2)
_O5, _O7 = np.float32(np.cos(5 * np.pi / 16) / 2), np.float32(np.cos(7 * np.pi / 16) / 2)

Values = NDArray[np.float32]


@compiled
def shrink_rows(channel: Values, threshold: float, total: Values, weight: Values, top: int) -> None:
    """Adds to `total` and `weight` (both (h, w)) what the blocks become whose first row is `top`.

    Coefficients below the threshold become 0, but for the mean; a block counts the more the fewer are left.
    """
    width = channel.shape[1]
    blocks = (width - 8) // 2 + 1
    for first in range(0, blocks, RUN):
        count = min(RUN, blocks - first)
        _shrink_run(channel, np.float32(threshold), total, weight, top, 2 * first, count)


@compiled
def _shrink_run(
    channel: Values, threshold: np.float32, total: Values, weight: Values, top: int, left: int, count: int
) -> None:
    columns = np.zeros((2, 8, HALF), np.float32)  # even and odd ones
    for half in range(2):
        for row in range(8):
            for i in range(count + 3):
                columns[half, row, i] = channel[top + row, left + 2 * i + half]
    for half in range(2):
        _forward(columns[half], columns[half], HALF)
    values = np.empty((8, 8, RUN), np.float32)  # vertical frequency, horizontal frequency, block
    line = np.empty((8, RUN), np.float32)
    kept = np.zeros(RUN, np.float32)
    for row in range(8):
        for column in range(8):
            for i in range(RUN):
                line[column, i] = columns[column % 2, row, i + column // 2]
        _forward(line, values[row], RUN)
    for row in range(8):
        for column in range(8):
            least = np.float32(0) if row + column == 0 else threshold
            for i in range(RUN):
                strong = abs(values[row, column, i]) >= least
                values[row, column, i] = values[row, column, i] if strong else np.float32(0)
                kept[i] += np.float32(1) if strong else np.float32(0)
    for i in range(RUN):
        kept[i] = np.float32(1) / kept[i] if i < count else np.float32(0)
    made = np.zeros((2, 8, HALF), np.float32)
    shares = np.zeros((2, HALF), np.float32)
    for row in range(8):
        _backward(values[row], line, RUN)
        for column in range(8):
            for i in range(RUN):
                made[column % 2, row, i + column // 2] += line[column, i] * kept[i]
    for column in range(8):
        for i in range(RUN):
            shares[column % 2, i + column // 2] += kept[i]
    for half in range(2):
        _backward(made[half], made[half], HALF)
        for row in range(8):
            for i in range(count + 3):
                total[top + row, left + 2 * i + half] += made[half, row, i]
                weight[top + row, left + 2 * i + half] += shares[half, i]


@compiled
def _forward(given: Values, made: Values, count: int) -> None:
    """(8, count) -> (8, count), which may be the same: the transform along the first axis."""
    for i in range(count):
        s0, d0 = given[0, i] + given[7, i], given[0, i] - given[7, i]
        s1, d1 = given[1, i] + given[6, i], given[1, i] - given[6, i]
        s2, d2 = given[2, i] + given[5, i], given[2, i] - given[5, i]
        s3, d3 = given[3, i] + given[4, i], given[3, i] - given[4, i]
        made[0, i] = _MEAN * ((s0 + s3) + (s1 + s2))
        made[4, i] = _MEAN * ((s0 + s3) - (s1 + s2))
        made[2, i] = _E1 * (s0 - s3) + _E3 * (s1 - s2)
        made[6, i] = _E3 * (s0 - s3) - _E1 * (s1 - s2)
        made[1, i] = _O1 * d0 + _O3 * d1 + _O5 * d2 + _O7 * d3
        made[3, i] = _O3 * d0 - _O7 * d1 - _O1 * d2 - _O5 * d3
        made[5, i] = _O5 * d0 - _O1 * d1 + _O7 * d2 + _O3 * d3
        made[7, i] = _O7 * d0 - _O5 * d1 + _O3 * d2 - _O1 * d3


@compiled
def _backward(given: Values, made: Values, count: int) -> None:
    """(8, count) -> (8, count), which may be the same: the inverse of _forward."""
    for i in range(count):
        v1, v3, v5, v7 = given[1, i], given[3, i], given[5, i], given[7, i]
        one, other = _MEAN * (given[0, i] + given[4, i]), _MEAN * (given[0, i] - given[4, i])
        outer, inner = _E1 * given[2, i] + _E3 * given[6, i], _E3 * given[2, i] - _E1 * given[6, i]
        d0 = _O1 * v1 + _O3 * v3 + _O5 * v5 + _O7 * v7
        d1 = _O3 * v1 - _O7 * v3 - _O1 * v5 - _O5 * v7
        d2 = _O5 * v1 - _O1 * v3 + _O7 * v5 + _O3 * v7
        d3 = _O7 * v1 - _O5 * v3 + _O3 * v5 - _O1 * v7
        made[0, i], made[7, i] = one + outer + d0, one + outer - d0
        made[1, i], made[6, i] = other + inner + d1, other + inner - d1
        made[2, i], made[5, i] = other - inner + d2, other - inner - d2
        made[3, i], made[4, i] = one - outer + d3, one - outer - d3

"""What a pixel becomes: the mean of what all patches that cover it say, weighted by how much each can be trusted.

Wexler, Shechtman & Irani, Space-Time Completion of Video (PAMI 2007).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled
from .matching import CHANNELS, RADIUS, Costs, Flags, Places

ON_LINE = 0.25  # so much of its cost counts
OF_LINE = 10.0  # times what others weigh

Weights = NDArray[np.float32]  # (rows, columns)


@compiled
def weigh(
    first: int,
    last: int,
    left: int,
    right: int,
    target: Flags,
    costs: Costs,
    confidence: Weights,
    number: Flags,
    spread: float,
    weights: Weights,
) -> None:
    """Write the weight of each target patch: less for one that fits badly, and far from the known picture; more for one
    on a line (number, of lines.py), since what is around fits one without it as well.
    """
    for y in range(first, last):
        for x in range(left, right):
            if target[y, x]:
                cost, more = (costs[y, x] * ON_LINE, OF_LINE) if number[y, x] else (np.float64(costs[y, x]), 1.0)
                weights[y, x] = max(more * confidence[y, x] * np.exp(-cost / spread), np.float32(1e-30))


@compiled
def vote_features(
    first: int,
    last: int,
    left: int,
    right: int,
    hole: Flags,
    target: Flags,
    rows: Places,
    columns: Places,
    weights: Weights,
    features: NDArray[np.int16],
) -> None:
    """Write the features (rows, columns, CHANNELS) of the hole's pixels, which are no source."""
    height, width = hole.shape
    sums = np.empty(CHANNELS, np.float32)
    for y in range(first, last):
        for x in range(left, right):
            if not hole[y, x]:
                continue
            sums[:] = 0
            total = np.float32(0)
            for ty in range(max(0, y - RADIUS), min(height, y + RADIUS + 1)):
                for tx in range(max(0, x - RADIUS), min(width, x + RADIUS + 1)):
                    if target[ty, tx]:
                        weight = weights[ty, tx]
                        sy, sx = rows[ty, tx] + y - ty, columns[ty, tx] + x - tx
                        total += weight
                        for k in range(CHANNELS):
                            sums[k] += weight * features[sy, sx, k]
            if total > 0:
                for k in range(CHANNELS):
                    features[y, x, k] = np.int16(np.rint(sums[k] / total))


@compiled
def vote_colors(
    first: int,
    last: int,
    left: int,
    right: int,
    hole: Flags,
    target: Flags,
    rows: Places,
    columns: Places,
    weights: Weights,
    image: NDArray[np.float32],
    top: int,
    colors: NDArray[np.float32],
    slopes: NDArray[np.float32],
) -> None:
    """Write the colours of the hole's pixels, and the differences to the pixel on the right and below.

    image: (rows, columns, channels). colors: (h, w, channels), of which the first pixel is at row `top` and column
    `left`; slopes: (2, h, w, channels), also of known pixels beside a hole, as the sources have them.
    """
    height, width = hole.shape
    channels = image.shape[2]
    sums = np.empty((3, channels), np.float32)
    totals = np.empty(3, np.float32)
    for y in range(first, last):
        for x in range(left, right):
            inside = hole[y, x]
            if not inside and not (y + 1 < height and hole[y + 1, x]) and not (x + 1 < width and hole[y, x + 1]):
                continue
            sums[:] = 0
            totals[:] = 0
            for ty in range(max(0, y - RADIUS), min(height, y + RADIUS + 1)):
                for tx in range(max(0, x - RADIUS), min(width, x + RADIUS + 1)):
                    if not target[ty, tx]:
                        continue
                    weight = weights[ty, tx]
                    sy, sx = rows[ty, tx] + y - ty, columns[ty, tx] + x - tx
                    totals[0] += weight
                    right_too, below_too = x - tx < RADIUS, y - ty < RADIUS
                    if right_too:
                        totals[1] += weight
                    if below_too:
                        totals[2] += weight
                    for k in range(channels):
                        value = image[sy, sx, k]
                        sums[0, k] += weight * value
                        if right_too:
                            sums[1, k] += weight * (image[sy, sx + 1, k] - value)
                        if below_too:
                            sums[2, k] += weight * (image[sy + 1, sx, k] - value)
            if inside and totals[0] > 0:
                for k in range(channels):
                    colors[y - top, x - left, k] = sums[0, k] / totals[0]
            for way in range(2):
                if totals[1 + way] > 0:
                    for k in range(channels):
                        slopes[way, y - top, x - left, k] = sums[1 + way, k] / totals[1 + way]

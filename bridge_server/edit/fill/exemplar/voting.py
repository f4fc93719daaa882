"""What a pixel becomes: the mean of what all patches that cover it say, weighted by how much each can be trusted.

Wexler, Shechtman & Irani, Space-Time Completion of Video (PAMI 2007).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled_plain
from .matching import CHANNELS, RADIUS, Costs, Flags, Places

ON_LINE = 0.25  # so much of its cost counts
OF_LINE = 10.0  # times what others weigh
LEAST = float(np.float32(1e-30))  # weight

Weights = NDArray[np.float32]  # (rows, columns)


def sums(values: NDArray[np.generic]) -> Weights:
    """What a vote for values (rows, columns, n) adds up in."""
    return np.empty((values.shape[0], 3 * values.shape[2]), np.float32)


@compiled_plain
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
                cost = np.float64(costs[y, x])
                more = 1.0
                if number[y, x]:
                    cost *= ON_LINE
                    more = OF_LINE
                weight = more * confidence[y, x] * np.exp(-cost / spread)
                weights[y, x] = weight if weight > LEAST else LEAST


@compiled_plain
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
    sums: Weights,
    features: NDArray[np.int16],
) -> None:
    """Write the features (rows, columns, CHANNELS) of the hole's pixels, which are no source. sums: (rows, CHANNELS) to
    work with.
    """
    height, width = hole.shape
    for y in range(first, last):
        for x in range(left, right):
            if not hole[y, x]:
                continue
            for k in range(CHANNELS):
                sums[y, k] = 0
            total = np.float32(0)
            for ty in range(max(0, y - RADIUS), min(height, y + RADIUS + 1)):
                for tx in range(max(0, x - RADIUS), min(width, x + RADIUS + 1)):
                    if target[ty, tx]:
                        weight = weights[ty, tx]
                        sy = rows[ty, tx] + y - ty
                        sx = columns[ty, tx] + x - tx
                        total += weight
                        for k in range(CHANNELS):
                            sums[y, k] += weight * features[sy, sx, k]
            if total > 0:
                for k in range(CHANNELS):
                    features[y, x, k] = np.int16(np.rint(sums[y, k] / total))


@compiled_plain
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
    sums: Weights,
    image: NDArray[np.float32],
    top: int,
    colors: NDArray[np.float32],
    slopes: NDArray[np.float32],
) -> None:
    """Write the colours of the hole's pixels, and the differences to the pixel on the right and below.

    sums: what sums() gives. image: (rows, columns, channels). colors: (h, w, channels), of which the first pixel is at
    row `top` and column `left`; slopes: (2, h, w, channels), also of known pixels beside a hole, as the sources have
    them.
    """
    height, width = hole.shape
    channels = image.shape[2]
    for y in range(first, last):
        for x in range(left, right):
            inside = hole[y, x]
            if not inside and not (y + 1 < height and hole[y + 1, x]) and not (x + 1 < width and hole[y, x + 1]):
                continue
            for k in range(3 * channels):
                sums[y, k] = 0
            total = np.float32(0)
            total_right = np.float32(0)
            total_below = np.float32(0)
            for ty in range(max(0, y - RADIUS), min(height, y + RADIUS + 1)):
                for tx in range(max(0, x - RADIUS), min(width, x + RADIUS + 1)):
                    if not target[ty, tx]:
                        continue
                    weight = weights[ty, tx]
                    sy = rows[ty, tx] + y - ty
                    sx = columns[ty, tx] + x - tx
                    right_too = x - tx < RADIUS
                    below_too = y - ty < RADIUS
                    total += weight
                    if right_too:
                        total_right += weight
                    if below_too:
                        total_below += weight
                    for k in range(channels):
                        value = image[sy, sx, k]
                        sums[y, k] += weight * value
                        if right_too:
                            sums[y, channels + k] += weight * (image[sy, sx + 1, k] - value)
                        if below_too:
                            sums[y, 2 * channels + k] += weight * (image[sy + 1, sx, k] - value)
            for k in range(channels):
                if inside and total > 0:
                    colors[y - top, x - left, k] = sums[y, k] / total
                if total_right > 0:
                    slopes[0, y - top, x - left, k] = sums[y, channels + k] / total_right
                if total_below > 0:
                    slopes[1, y - top, x - left, k] = sums[y, 2 * channels + k] / total_below

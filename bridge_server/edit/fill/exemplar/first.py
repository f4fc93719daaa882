"""The first guess, at the coarsest size: patches copied from the border inwards, strong edges first.

Criminisi, Perez & Toyama, Region Filling and Object Removal by Exemplar-Based Image Inpainting (IEEE Transactions on
Image Processing 13, 2004), with all sources in reach tried.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled_part, compiled_plain
from .matching import AREA, CHANNELS, RADIUS, WORST, Costs, Flags, Integer, astray, distance


@compiled_plain
def paste_inwards(
    features: NDArray[np.int16],
    open_: Flags,
    centers: Flags,
    source: Flags,
    price: Costs,
    number: Flags,
    ways: NDArray[np.float32],
    trust: NDArray[np.float32],
    scores: NDArray[np.float32],
    down: float,
    across: float,
    own: int,
    reach: int,
) -> int:
    """Fill the open pixels of `features` (rows, columns, CHANNELS) in place; gives how many patches were pasted.

    open_: 1 where nothing is known yet; becomes 0. centers: where a patch may be pasted. price: of each source. trust:
    (rows, columns), 1 for known pixels and 0 elsewhere; becomes what the pasted ones have. scores: (rows, columns) to
    work with, -1. down, across: what a pixel's distance costs (matching.py), and so for own. reach: how far away
    sources are looked for, pixels.
    """
    height, width = open_.shape
    pasted = 0
    upper = height
    lower = np.int64(0)
    left = width
    right = np.int64(0)
    for y in range(height):
        for x in range(width):
            if centers[y, x]:
                scores[y, x] = _score(features, open_, centers, trust, y, x)
                upper = min(upper, y)
                lower = max(lower, y + 1)
                left = min(left, x)
                right = max(right, x + 1)
    while True:
        top = np.float32(-1)
        cy = np.int64(-1)
        cx = np.int64(-1)
        for y in range(upper, lower):
            for x in range(left, right):
                if scores[y, x] > top:
                    top = scores[y, x]
                    cy = y
                    cx = x
        if cy < 0:
            return pasted
        best = np.int64(WORST)
        by = np.int64(-1)
        bx = np.int64(-1)
        for sy in range(max(RADIUS, cy - reach), min(height - RADIUS, cy + reach + 1)):
            for sx in range(max(RADIUS, cx - reach), width - RADIUS):
                if cx + reach < sx < own:
                    continue
                if not source[sy, sx]:
                    continue
                cost = np.int64(distance(cy, cx, sy, sx, down, across, own)) + price[sy, sx]
                cost += astray(cy, cx, sy, sx, number, ways)
                for dy in range(-RADIUS, RADIUS + 1):
                    if cost >= best:
                        break
                    for dx in range(-RADIUS, RADIUS + 1):
                        if not open_[cy + dy, cx + dx]:
                            for k in range(CHANNELS):
                                step = np.int64(features[cy + dy, cx + dx, k]) - np.int64(features[sy + dy, sx + dx, k])
                                cost += step * step
                if cost < best:
                    best = cost
                    by = sy
                    bx = sx
        if by < 0:
            scores[cy, cx] = -1
            centers[cy, cx] = 0
            continue
        pasted += 1
        fresh = _mean_trust(trust, cy, cx)
        for dy in range(-RADIUS, RADIUS + 1):
            for dx in range(-RADIUS, RADIUS + 1):
                if open_[cy + dy, cx + dx]:
                    open_[cy + dy, cx + dx] = 0
                    trust[cy + dy, cx + dx] = fresh
                    for k in range(CHANNELS):
                        features[cy + dy, cx + dx, k] = features[by + dy, bx + dx, k]
        far = 2 * RADIUS + 1
        for y in range(max(0, cy - far), min(height, cy + far + 1)):
            for x in range(max(0, cx - far), min(width, cx + far + 1)):
                scores[y, x] = _score(features, open_, centers, trust, y, x)


@compiled_part
def _mean_trust(trust: NDArray[np.float32], cy: Integer, cx: Integer) -> np.float32:
    total = np.float32(0)
    for y in range(cy - RADIUS, cy + RADIUS + 1):
        for x in range(cx - RADIUS, cx + RADIUS + 1):
            total += trust[y, x]
    return total / np.float32(AREA)


@compiled_part
def _score(
    features: NDArray[np.int16], open_: Flags, centers: Flags, trust: NDArray[np.float32], cy: int, cx: int
) -> np.float32:
    """Criminisi's priority of the patch: how much of it is known, times the edge that runs into the hole. -1: none."""
    if not centers[cy, cx]:
        return np.float32(-1)
    missing = 0
    steepest = 0
    gy = 0
    gx = 0
    normal_y = 0
    normal_x = 0
    for y in range(cy - RADIUS, cy + RADIUS + 1):
        for x in range(cx - RADIUS, cx + RADIUS + 1):
            if open_[y, x]:
                missing += 1
                normal_y += y - cy
                normal_x += x - cx
            elif y > cy - RADIUS and x > cx - RADIUS and not open_[y - 1, x] and not open_[y, x - 1]:
                down = np.int64(features[y, x, 0]) - np.int64(features[y - 1, x, 0])
                across = np.int64(features[y, x, 0]) - np.int64(features[y, x - 1, 0])
                if down * down + across * across > steepest:
                    steepest = down * down + across * across
                    gy = down
                    gx = across
    known = AREA - missing
    if missing == 0 or known == 0:
        return np.float32(-1)
    length = np.sqrt(np.float64(normal_y * normal_y + normal_x * normal_x))
    edge = 0.0
    if length > 0:
        edge = abs(-gx * normal_y + gy * normal_x) / (length * 1000.0)
    return np.float32(_mean_trust(trust, cy, cx) * (0.05 + edge))

"""PatchMatch: for each patch that touches the hole, the most similar patch of the known picture.

Barnes, Shechtman, Finkelstein & Goldman, PatchMatch (SIGGRAPH 2009). A patch is 7 by 7 pixels of four int16 features
(features.py); costs are integers, so that a processor may add them in any order and finds the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled_part, compiled_plain
from .squares import row_difference

RADIUS = 3  # a patch reaches so far to each side of its centre
SIDE = 2 * RADIUS + 1
AREA = SIDE * SIDE
CHANNELS = 4
WORST = 2**31 - 1
ASTRAY = 12000.0  # what a source costs for each square of a pixel that it lies beside a line; 147 · 14² can be seen
ASTRAY_UP_TO = 100.0  # squares of a pixel
BAND = 24  # rows that are searched one after the other

Integer = int | np.integer[Any]
Flat = NDArray[np.int16]  # features, (rows * columns * CHANNELS,)
Places = NDArray[np.int16]  # (rows, columns): row or column of a source
Costs = NDArray[np.int32]  # (rows, columns)
Flags = NDArray[np.uint8]  # (rows, columns)


@compiled_part
def difference(features: Flat, stride: int, at: int, other: int, best: Integer) -> Integer:
    """The sum of squared differences of two patches whose first values are at these indices; stops at `best`."""
    total = np.int32(0)
    for _ in range(SIDE):
        total = np.int32(total + row_difference(features, at, other))
        if total >= best:
            return total
        at += stride
        other += stride
    return total


@compiled_part
def distance(y: Integer, x: Integer, sy: Integer, sx: Integer, down: float, across: float, own: int) -> Integer:
    """What it costs that a source is far away: down, across: per pixel. From column `own` on it is one of the further
    examples, which are all as far as a quarter of the picture.
    """
    return np.int32(abs(sy - y) * down + (abs(sx - x) if sx < own else own // 4) * across)


@compiled_part
def astray(y: Integer, x: Integer, sy: Integer, sx: Integer, number: Flags, ways: NDArray[np.float32]) -> Integer:
    """What it costs that a source does not lie along the line that goes on at a target (lines.py)."""
    line = number[y, x]
    if not line:
        return np.int32(0)
    beside = (sy - y) * ways[line, 1] - (sx - x) * ways[line, 0]
    along = (sy - ways[line, 2]) * ways[line, 0] + (sx - ways[line, 3]) * ways[line, 1]
    if along < ways[line, 4] or along > ways[line, 6]:
        return np.int32(ASTRAY_UP_TO * ASTRAY)
    square = beside * beside
    return np.int32((square if square < ASTRAY_UP_TO else ASTRAY_UP_TO) * ASTRAY)


@compiled_part
def mixed(value: int) -> int:
    """A hash of 32 bits (Mueller's)."""
    value = ((value ^ (value >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    value = ((value ^ (value >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return value ^ (value >> 16)


@compiled_plain
def measure(
    first: int,
    last: int,
    left: int,
    right: int,
    features: Flat,
    target: Flags,
    price: Costs,
    number: Flags,
    ways: NDArray[np.float32],
    rows: Places,
    columns: Places,
    costs: Costs,
    down: float,
    across: float,
    own: int,
) -> None:
    """Write the cost of what each target patch of the rows first to last has now. price: of each source, besides."""
    stride = target.shape[1] * CHANNELS
    for y in range(first, last):
        for x in range(left, right):
            if target[y, x]:
                sy = np.int64(rows[y, x])
                sx = np.int64(columns[y, x])
                at = (y - RADIUS) * stride + (x - RADIUS) * CHANNELS
                other = (sy - RADIUS) * stride + (sx - RADIUS) * CHANNELS
                far = np.int64(distance(y, x, sy, sx, down, across, own)) + price[sy, sx]
                far += astray(y, x, sy, sx, number, ways)
                costs[y, x] = difference(features, stride, at, other, WORST - far) + far


@compiled_part
def look_around(
    y: int,
    x: int,
    step: int,
    first: int,
    last: int,
    target: Flags,
    rows: Places,
    columns: Places,
    before_rows: Places,
    before_columns: Places,
    band: int,
    offsets: NDArray[np.int64],
) -> int:
    """Write by which the sources of the neighbours, of those that are targets, are away; gives how many they are.

    offsets: (rows, 8), of which row y gets rows and columns in turns. step: 1 for the order above, below, left, right;
    -1 for below, above, right, left.
    """
    count = 0
    for way in range(4):
        ny = y + (step if way == 1 else -step if way == 0 else 0)
        nx = x + (step if way == 3 else -step if way == 2 else 0)
        if target[ny, nx]:
            if first <= ny < last:
                offsets[y, 2 * count] = rows[ny, nx] - ny
                offsets[y, 2 * count + 1] = columns[ny, nx] - nx
            else:
                kept = 2 * band if ny < first else 2 * band + 1
                offsets[y, 2 * count] = before_rows[kept, nx] - ny
                offsets[y, 2 * count + 1] = before_columns[kept, nx] - nx
            count += 1
    return count


@compiled_part
def apart(down: Integer, across: Integer, offsets: NDArray[np.int64], y: int, count: int) -> int:
    """How many of the neighbours' sources are not beside a source that is so far away."""
    others = 0
    for way in range(count):
        others += offsets[y, 2 * way] != down or offsets[y, 2 * way + 1] != across
    return others


@compiled_plain
def search(
    first: int,
    last: int,
    left: int,
    right: int,
    features: Flat,
    target: Flags,
    source: Flags,
    price: Costs,
    number: Flags,
    ways: NDArray[np.float32],
    steps: NDArray[np.int32],
    least: int,
    rows: Places,
    columns: Places,
    costs: Costs,
    before_rows: Places,
    before_columns: Places,
    offsets: NDArray[np.int64],
    top: int,
    down: float,
    across: float,
    own: int,
    alone: float,
    reach: int,
    seed: int,
    backward: bool,
) -> None:
    """One pass over the target patches of the rows first to last: what the neighbours have, then random places.

    price: (rows, columns), what each source costs besides. steps: (n, 2), rows and columns from a target to sources
    that are tried too. least: how many pixels down or across a source must be away.
    before_rows, before_columns: of the rows above and below each band, the same before the pass, (2 · bands, columns).
    offsets: (rows, 8) to work with. top: the first row of the first band, each of which has as many rows as this one,
    but for the last. alone: by what share a source costs more for each neighbour that comes from elsewhere. reach: how
    far from the best so far random places are tried, in pixels; halved until it is 1.
    """
    height, width = target.shape
    stride = width * CHANNELS
    step = -1 if backward else 1
    band = (first - top) // BAND
    for i in range(last - first):
        y = last - 1 - i if backward else first + i
        for j in range(right - left):
            x = right - 1 - j if backward else left + j
            if not target[y, x]:
                continue
            at = (y - RADIUS) * stride + (x - RADIUS) * CHANNELS
            cost = costs[y, x]
            by = np.int64(rows[y, x])
            bx = np.int64(columns[y, x])
            count = look_around(
                y, x, step, first, last, target, rows, columns, before_rows, before_columns, band, offsets
            )  # fmt: skip
            best = cost * (1 + alone * apart(by - y, bx - x, offsets, y, count))
            radius = reach
            line = number[y, x]
            drawn = False
            draw = mixed((y * width + x) * 0x9E3779B1 + seed)
            way = 0
            while radius >= 1:
                if way < count:
                    sy = y + offsets[y, 2 * way]
                    sx = x + offsets[y, 2 * way + 1]
                    way += 1
                    if sy == by and sx == bx:
                        continue
                elif way < count + steps.shape[0]:
                    sy = np.int64(y + steps[way - count, 0])
                    sx = np.int64(x + steps[way - count, 1])
                    way += 1
                elif line and not drawn:
                    draw = mixed(draw + 0x9E3779B9)
                    before = ways[line, 4]
                    gap = ways[line, 5]
                    after = ways[line, 6]
                    along = np.float32(draw % 4096) / np.float32(4096) * (after - gap - before)
                    along += before if along < -before else before + gap
                    along -= (y - ways[line, 2]) * ways[line, 0] + (x - ways[line, 3]) * ways[line, 1]
                    sy = np.int64(np.rint(y + along * ways[line, 0]))
                    sx = np.int64(np.rint(x + along * ways[line, 1]))
                    drawn = True
                else:
                    drawn = False
                    draw = mixed(draw + 0x9E3779B9)
                    sy = by + draw % (2 * radius + 1) - radius
                    draw = mixed(draw + 0x9E3779B9)
                    sx = bx + draw % (2 * radius + 1) - radius
                    radius //= 2
                if not (0 <= sy < height and 0 <= sx < width) or not source[sy, sx]:
                    continue
                if abs(sy - y) < least and abs(sx - x) < least:
                    continue
                far = np.int64(distance(y, x, sy, sx, down, across, own)) + price[sy, sx]
                far += astray(y, x, sy, sx, number, ways)
                if far >= best:
                    continue
                others = apart(sy - y, sx - x, offsets, y, count)
                most = np.int64(best / (1 + alone * others))
                if far < most:
                    other = (sy - RADIUS) * stride + (sx - RADIUS) * CHANNELS
                    found = far + difference(features, stride, at, other, most - far)
                    if found < most:
                        best = found * (1 + alone * others)
                        cost = found
                        by = sy
                        bx = sx
            costs[y, x] = cost
            rows[y, x] = by
            columns[y, x] = bx

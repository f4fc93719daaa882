"""Which parts of a hole are filled one after the other, and how much of the picture around each is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from .matching import Flags

APART = 48  # pixels: parts that are nearer are filled together
THIN = 20  # pixels from the border to the middle: parts that are thinner everywhere are filled piece by piece
PIECE = 512  # pixels: the side of such a piece
LARGE = 14_000_000  # pixels of the box around a part: what is larger, and long, is filled in pieces too
LONG = 8  # times as long as it is deep: the side of such a piece
AROUND = 1.0  # so many times the longer side of a part is looked at on all sides
NARROWEST = 160  # pixels, at least
WIDEST = 1200  # pixels, at most, whatever is asked for
LEAST = 16  # pixels, where less is asked for: two patches


@dataclass(frozen=True)
class Region:
    """Rows and columns: what is filled, and what is looked at for it."""

    hole: tuple[slice, slice]
    seen: tuple[slice, slice]


def regions(hole: Flags, around: int | None = None) -> list[tuple[Region, Flags]]:
    """Each with what of the hole is its own, (rows, columns) of its `seen`. around: pixels that are looked at on all
    sides; None: as the part is long.
    """
    ys, xs = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    if not len(ys):
        return []
    above, before = int(ys[0]), int(xs[0])
    all_of_it = hole[above : int(ys[-1]) + 1, before : int(xs[-1]) + 1]
    grown = cv2.dilate(all_of_it, np.ones((APART + 1, APART + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8, ltype=cv2.CV_32S)
    found: list[tuple[Region, Flags]] = []
    for label in range(1, count):
        x, y, width, height = (int(value) for value in stats[label, :4])
        rows, columns = slice(y, y + height), slice(x, x + width)
        own = np.where(labels[rows, columns] == label, all_of_it[rows, columns], 0).astype(np.uint8)
        y, x = y + above, x + before
        is_thin, pieces = _pieces(own)
        for top, left, part in pieces:
            ys, xs = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
            if not len(ys):
                continue
            box = (
                slice(y + top + int(ys[0]), y + top + int(ys[-1]) + 1),
                slice(x + left + int(xs[0]), x + left + int(xs[-1]) + 1),
            )
            seen = widened(box, hole.shape, around, is_thin)
            mine = np.zeros((seen[0].stop - seen[0].start, seen[1].stop - seen[1].start), np.uint8)
            inner = part[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
            oy, ox = box[0].start - seen[0].start, box[1].start - seen[1].start
            mine[oy : oy + inner.shape[0], ox : ox + inner.shape[1]] = inner
            found.append((Region(box, seen), mine))
    return found


def _pieces(own: Flags) -> tuple[bool, list[tuple[int, int, Flags]]]:
    """Whether it is thin everywhere; and the row, the column and the flags of each piece."""
    longest, whole = max(own.shape), (False, [(0, 0, own)])
    if longest <= PIECE * 3 // 2:
        return whole
    depth = float(np.asarray(cv2.distanceTransform(np.pad(own, 1), cv2.DIST_L2, 3), np.float32).max())
    side = PIECE if depth <= THIN else max(PIECE, int(LONG * depth))
    if depth > THIN and (own.size <= LARGE or longest < 2 * side):
        return whole
    rows, columns = (_edges(length, side) for length in own.shape)
    return depth <= THIN, [
        (top, left, own[top:bottom, left:right]) for top, bottom in pairwise(rows) for left, right in pairwise(columns)
    ]


def _edges(length: int, side: int) -> list[int]:
    """Of pieces that are all alike, as long as the side or a little less or more."""
    count = max(1, round(length / side))
    return [length * number // count for number in range(count + 1)]


def widened(
    box: tuple[slice, slice], shape: tuple[int, ...], around: int | None, is_thin: bool = False
) -> tuple[slice, slice]:
    """The rows and columns that are looked at for a part in this box: no more than for a larger box around it."""
    longest = max(box[0].stop - box[0].start, box[1].stop - box[1].start)
    reach = around if around is not None else NARROWEST if is_thin else int(max(NARROWEST, AROUND * longest))
    more = min(WIDEST, max(LEAST, reach))
    rows, columns = (
        slice(max(0, one.start - more), min(length, one.stop + more)) for one, length in zip(box, shape, strict=True)
    )
    return rows, columns

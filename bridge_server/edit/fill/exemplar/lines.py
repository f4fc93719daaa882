"""Straight edges that run into a hole on one side and come out of it on the other: they go on across it.

Segments are found by LSD (Grompone von Gioi, Jakubowicz, Morel & Randall, A Fast Line Segment Detector with a False
Detection Control, PAMI 2010, as OpenCV has it), and paired where they are one line with the same colours on its sides.
Pieces are then taken along the line, as in Huang, Kang, Ahuja & Kopf, Image Completion using Planar Structure Guidance
(SIGGRAPH 2014), where offsets follow regularities of the picture at a cost that grows with how far they do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .matching import Flags
from .pyramid import Level

Vector = NDArray[np.float64]  # (2,): down, across

LARGEST = 1000  # pixels: larger pictures are reduced to it before edges are looked for
AROUND = (40, 0.5)  # pixels around the hole, and the share of its longer side, where they are looked for
NARROWEST = 6.0  # pixels from the border of a hole to its middle: in thinner ones all edges go on by themselves
SHORTEST = 10.0  # pixels of an edge
SHARE = 0.4  # of the way across the hole, that the edges on its two sides are long at least, together
NEAR = 8  # pixels between an edge's end and the hole, at most
ANGLE = 5.0  # degrees between the parts of one line, at most
ASIDE = (1.5, 0.03)  # pixels that one end may lie beside the other part's line, and for each pixel between them
LAST = 8  # pixels before the hole, where an edge must still be seen
BESIDE = (2.0, 4.0)  # pixels beside an edge, where its colours are taken
ALIKE = 90.0  # steps of features between the colours on one side, at most
FARTHEST = 500  # pixels that an edge is followed away from the hole, at most
SMOOTHED = 9  # pixels along an edge, over which its colours are averaged
STEEP = 25.0  # steps of features across an edge, at least
SAME = 2.0  # pixels between the ends of one edge
MOST = 60  # lines
SHOWN = ((0.255, 0), (0.255, 128), (0.255, 128))  # steps of features as gray values, and the gray of 0
WIDTH = 5  # pixels around a line, at every size, whose pieces are taken along it


@dataclass(frozen=True)
class Line:
    """From where it enters the hole to where it leaves it, pixels of the finest size, (down, across). before, after:
    how far it is seen on both sides of the hole, pixels.
    """

    start: Vector
    end: Vector
    before: float
    after: float


@dataclass(frozen=True)
class Lines:
    """number: (rows, columns) uint8, of each pixel the number of the line that it belongs to, 0 for none. ways: (n + 1,
    7) float32, of each line its direction, of length 1, down and across; where it enters the hole, down and across; and
    how far along it, from there, it is seen from, leaves the hole, and is seen to. Of number 0 all of it is 0.
    """

    number: Flags
    ways: NDArray[np.float32]


@dataclass(frozen=True)
class _End:
    """Of an edge, where it meets the hole. way: into the hole. left, right: colours (3,) beside it, seen that way."""

    at: Vector
    way: Vector
    length: float
    left: NDArray[np.float64]
    right: NDArray[np.float64]


def find_lines(level: Level) -> list[Line]:
    """Those that cross the hole of this size, the surest first."""
    hole = level.hole[:, : level.own]
    if float(level.depth.max()) < NARROWEST:
        return []
    reduced = min(1.0, LARGEST / max(hole.shape))
    size = (max(1, round(hole.shape[1] * reduced)), max(1, round(hole.shape[0] * reduced)))
    readable = (hole | level.known[:, : level.own]).astype(np.int16)
    channels = [level.features[:, : level.own, channel] * readable for channel in range(len(SHOWN))]
    small = [cv2.resize(channel, size, interpolation=cv2.INTER_AREA) for channel in channels]
    colors = np.stack(small, axis=2).astype(np.float32)
    hole, known = (
        np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_NEAREST), np.uint8)
        for one in (hole, level.known[:, : level.own])
    )
    ends = _ends(colors, hole, known)
    lines: list[Line] = []
    for one, other in _paired(ends, hole):
        way = (other.at - one.at) / float(np.hypot(*(other.at - one.at)))
        seen = _seen(colors, known, one, -way), _seen(colors, known, other, way)
        start, end = ((each.at + 0.5) / reduced - 0.5 for each in (one, other))
        lines.append(Line(start, end, seen[0] / reduced, seen[1] / reduced))
    return lines


def lines_at(lines: list[Line], level: Level, scale: float) -> Lines:
    """At one size. scale: of its pixels to those of the finest size."""
    number = np.zeros(level.hole.shape, np.uint8)
    ways = np.zeros((len(lines) + 1, 7), np.float32)
    for index in range(len(lines), 0, -1):  # the surest last, over the others
        line = lines[index - 1]
        start, end = ((point + 0.5) * scale - 0.5 for point in (line.start, line.end))
        gap = max(1e-6, float(np.hypot(*(end - start))))
        way = (end - start) / gap
        ways[index] = (*way, *start, -line.before * scale, gap, gap + line.after * scale)
        first, last = ([round(float(value) * 16) for value in point] for point in (start - 3 * way, end + 3 * way))
        cv2.line(number, (first[1], first[0]), (last[1], last[0]), index, WIDTH, cv2.LINE_8, 4)
    return Lines(number, ways)


def _ends(colors: NDArray[np.float32], hole: Flags, known: Flags) -> list[_End]:
    ys, xs = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    more = AROUND[0] + int(AROUND[1] * max(ys[-1] - ys[0], xs[-1] - xs[0]))
    top, left = max(0, int(ys[0]) - more), max(0, int(xs[0]) - more)
    near = colors[top : ys[-1] + more, left : xs[-1] + more]
    found: list[NDArray[np.float64]] = []
    for channel, (scale, zero) in enumerate(SHOWN):
        gray = np.clip(near[:, :, channel] * np.float32(scale) + np.float32(zero), 0, 255).astype(np.uint8)
        segments: Any = cv2.createLineSegmentDetector().detect(gray)[0]  # None where there are none
        if segments is not None:
            found += list(segments.reshape(-1, 4).astype(np.float64) + np.array((left, top, left, top)))
    ends: list[_End] = []
    for x0, y0, x1, y1 in found:
        first, last = np.array((y0, x0)), np.array((y1, x1))
        for start, end in ((first, last), (last, first)):
            one = _end(start, end, colors, hole, known)
            if one is not None:
                ends.append(one)
    return _once(ends)


def _once(ends: list[_End]) -> list[_End]:
    """Of an edge that several channels show, the longest one."""
    kept: list[_End] = []
    for one in sorted(ends, key=lambda end: -end.length):
        if not any(_is_same(one, other) for other in kept):
            kept.append(one)
    return kept


def _is_same(one: _End, other: _End) -> bool:
    return float(np.hypot(*(one.at - other.at))) < SAME and float(one.way @ other.way) > np.cos(np.deg2rad(ANGLE))


def _end(start: Vector, end: Vector, colors: NDArray[np.float32], hole: Flags, known: Flags) -> _End | None:
    """The edge from start to end as one that enters the hole beyond its end; None where it does not."""
    length = float(np.hypot(*(end - start)))
    if length < SHORTEST:
        return None
    way = (end - start) / length
    along = start + np.arange(int(length) + NEAR + 2)[:, None] * way
    rows, columns = np.rint(along[:, 0]).astype(int), np.rint(along[:, 1]).astype(int)
    inside = (rows >= 0) & (rows < hole.shape[0]) & (columns >= 0) & (columns < hole.shape[1])
    rows, columns = rows[inside], columns[inside]
    entered = np.flatnonzero(hole[rows, columns])
    if not len(entered) or entered[0] < SHORTEST:
        return None
    free = int(entered[0])
    if not known[rows[:free], columns[:free]].all():
        return None
    across = np.array((-way[1], way[0]))  # to the left of the way, rows counted downwards
    last = along[free - LAST : free - 1]
    left, right = (_mean(colors, known, last, side * across) for side in (1.0, -1.0))
    if left is None or right is None or float(np.abs(left - right).max()) < STEEP:
        return None
    return _End(along[free], way, float(free), left, right)


def _mean(
    colors: NDArray[np.float32], known: Flags, along: NDArray[np.float64], across: Vector
) -> NDArray[np.float64] | None:
    """Of the known pixels beside the points; None where hardly any is known."""
    points = np.concatenate([along + across * aside for aside in BESIDE])
    rows, columns = np.rint(points[:, 0]).astype(int), np.rint(points[:, 1]).astype(int)
    inside = (rows >= 0) & (rows < known.shape[0]) & (columns >= 0) & (columns < known.shape[1])
    rows, columns = rows[inside], columns[inside]
    seen = known[rows, columns] == 1
    if seen.sum() < len(points) // 2:
        return None
    return colors[rows[seen], columns[seen]].mean(axis=0, dtype=np.float64)


def _seen(colors: NDArray[np.float32], known: Flags, end: _End, way: Vector) -> float:
    """How far an edge goes on away from the hole with its colours on both sides, pixels. way: of the whole line."""
    steps = np.arange(1, FARTHEST)
    across = np.array((-way[1], way[0]))
    sides: list[NDArray[np.bool_]] = []
    for aside, color in ((1.0, end.right), (-1.0, end.left)):  # seen the other way
        here: list[NDArray[np.float32]] = []
        for distance in BESIDE:
            points = end.at + steps[:, None] * way + across * (aside * distance)
            rows, columns = (np.rint(points[:, axis]).astype(int) for axis in (0, 1))
            inside = (rows >= 0) & (rows < known.shape[0]) & (columns >= 0) & (columns < known.shape[1])
            rows, columns = np.where(inside, rows, 0), np.where(inside, columns, 0)
            inside &= known[rows, columns] == 1
            here.append(np.where(inside[:, None], colors[rows, columns], np.float32(1e6)))
        both = (here[0] + here[1]) / np.float32(2)
        mean = np.asarray(cv2.blur(both, (1, SMOOTHED)), np.float32)
        sides.append(np.abs(mean - color).max(axis=1) <= ALIKE)
    other = np.flatnonzero(~(sides[0] & sides[1]) & (steps > end.length))
    return float(steps[other[0]] if len(other) else FARTHEST)


def _paired(ends: list[_End], hole: Flags) -> list[tuple[_End, _End]]:
    """Each end at most once, the best pairs first."""
    found: list[tuple[float, int, int]] = []
    for i, one in enumerate(ends):
        for j in range(i + 1, len(ends)):
            worth = _how_alike(one, ends[j], hole)
            if worth is not None:
                found.append((worth, i, j))
    taken: set[int] = set()
    pairs: list[tuple[_End, _End]] = []
    for _, i, j in sorted(found):
        if i not in taken and j not in taken and len(pairs) < MOST:
            taken |= {i, j}
            pairs.append((ends[i], ends[j]))
    return pairs


def _how_alike(one: _End, other: _End, hole: Flags) -> float | None:
    """How far two ends are from being one line, 0 at best; None where they are not."""
    between = other.at - one.at
    gap = float(np.hypot(*between))
    if gap < 1 or one.length + other.length < SHARE * gap:
        return None
    way = between / gap
    least = np.cos(np.deg2rad(ANGLE))
    if min(float(one.way @ way), float(other.way @ -way), float(one.way @ -other.way)) < least:
        return None
    aside = max(abs(_cross(one.way, between)), abs(_cross(other.way, between)))
    if aside > ASIDE[0] + ASIDE[1] * gap:
        return None
    unlike = max(float(np.abs(one.left - other.right).max()), float(np.abs(one.right - other.left).max()))
    if unlike > ALIKE:
        return None
    points = one.at + np.linspace(0, 1, max(2, int(gap)))[:, None] * between
    if hole[np.rint(points[:, 0]).astype(int), np.rint(points[:, 1]).astype(int)].mean() < 0.8:
        return None
    return aside / (ASIDE[0] + ASIDE[1] * gap) + unlike / ALIKE


def _cross(one: Vector, other: Vector) -> float:
    return float(one[0] * other[1] - one[1] * other[0])

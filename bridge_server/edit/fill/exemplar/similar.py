"""How the known picture resembles itself: what is singular in it, and by which steps it repeats.

Both follow from the most similar patch elsewhere of each known patch. A place that looks like no other is an object; a
copy of it would be seen as one. The steps by which many patches find theirs are those by which the picture goes on:
He & Sun, Statistics of Patch Offsets for Image Completion (ECCV 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compiled import Bands, split
from . import matching
from .matching import BAND, SIDE, WORST, Costs, Flags, Places
from .pyramid import Level

ELSEWHERE = 2 * SIDE  # pixels down or across: what is nearer is the same place
PASSES = 6
COMMON = 0.7  # the share of the patches that count as common: grain is nowhere quite the same, and is no object
STEPS = 24  # that are found, at most
APART = 2  # pixels between two of them
SPREAD = 1.0  # pixels: the steps of neighbours are counted together


@dataclass(frozen=True)
class Similar:
    """singular: (rows, columns) int32, how much more each source differs from all others than common ones do.
    steps: (n, 2) int32, rows and columns, the most frequent first.
    """

    singular: Costs
    steps: NDArray[np.int32]


def similar(level: Level, seed: int, bands: Bands) -> Similar:
    """Of one size, with at least one source."""
    shape = level.source.shape
    rows, columns, costs = np.zeros(shape, np.int16), np.zeros(shape, np.int16), np.full(shape, WORST, np.int32)
    for left, right in _examples(level):
        part = np.zeros(shape, np.uint8)
        part[:, left:right] = level.source[:, left:right]
        _search(level, part, (rows, columns, costs), seed, bands)
    sources = level.source == 1
    found = sources & (costs < WORST)
    singular = np.zeros(costs.shape, np.int32)
    if not found.any():
        return Similar(singular, np.zeros((0, 2), np.int32))
    common = int(np.quantile(costs[found], COMMON))
    singular[sources] = np.maximum(costs[sources], common) - common
    found[:, level.own :] = False
    return Similar(singular, _steps(rows.astype(np.int32), columns.astype(np.int32), found))


def _examples(level: Level) -> list[tuple[int, int]]:
    """Columns of the picture, and of each further example: a mirrored or rotated thing is not another one."""
    has = np.diff(level.source[:, level.own :].any(axis=0).astype(np.int8), prepend=0, append=0)
    firsts, lasts = np.flatnonzero(has == 1) + level.own, np.flatnonzero(has == -1) + level.own
    return [(0, level.own), *zip(firsts.tolist(), lasts.tolist(), strict=True)]


def _search(level: Level, sources: Flags, found: tuple[Places, Places, Costs], seed: int, bands: Bands) -> None:
    """For each of these sources another one that it resembles, and the cost, in place; WORST where there is none."""
    rows, columns, costs = found
    y, x = np.nonzero(sources)
    if not len(y):
        return
    drawn = np.random.default_rng(seed)
    picks = drawn.integers(len(y), size=len(y))
    for _ in range(8):
        near = (np.abs(y[picks] - y) < ELSEWHERE) & (np.abs(x[picks] - x) < ELSEWHERE)
        picks[near] = drawn.integers(len(y), size=int(near.sum()))
    near = (np.abs(y[picks] - y) < ELSEWHERE) & (np.abs(x[picks] - x) < ELSEWHERE)
    rows[y, x], columns[y, x] = y[picks], x[picks]
    top, bottom, left, right = int(y.min()), int(y.max()) + 1, int(x.min()), int(x.max()) + 1
    parts, flat = split(top, bottom, BAND), level.features.reshape(-1)
    edges = [edge for first, last in parts for edge in (first - 1, last)]
    nothing = (0.0, 0.0, 0)
    free = np.zeros(costs.shape, np.int32), np.zeros(costs.shape, np.uint8), np.zeros((1, 7), np.float32)
    bands.run(matching.measure, parts, left, right, flat, sources, *free, *found, *nothing)
    costs[y[near], x[near]] = WORST
    offsets = np.empty((costs.shape[0], 8), np.int64)
    for number in range(PASSES):
        before = rows[edges], columns[edges]
        bands.run(
            matching.search, parts, left, right, flat, sources, sources, *free,
            np.zeros((0, 2), np.int32), ELSEWHERE, *found, *before, offsets, top, *nothing, 0.0, max(sources.shape),
            seed * 17 + number, number % 2 == 1,
        )  # fmt: skip


def _steps(rows: NDArray[np.int32], columns: NDArray[np.int32], found: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The peaks of the histogram of steps, and their opposites."""
    height, width = found.shape
    y, x = np.nonzero(found)
    down, across = rows[y, x] - y, columns[y, x] - x
    counts = np.zeros((2 * height - 1, 2 * width - 1), np.float32)
    np.add.at(counts, (down + height - 1, across + width - 1), 1)
    np.add.at(counts, (height - 1 - down, width - 1 - across), 1)
    counts = np.asarray(cv2.GaussianBlur(counts, (0, 0), SPREAD), np.float32)
    side = 2 * APART + 1
    peaks = (counts >= cv2.dilate(counts, np.ones((side, side), np.uint8))) & (counts > 0.5)
    py, px = np.nonzero(peaks)
    order = np.argsort(-counts[py, px], kind="stable")[:STEPS]
    return np.stack((py[order] - height + 1, px[order] - width + 1), axis=1).astype(np.int32)

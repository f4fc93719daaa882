"""Fills one hole, from the coarsest size to the finest: there the large structures are decided, here the detail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compiled import Bands, split
from . import first, matching, voting
from .lines import Lines, find_lines, lines_at
from .matching import BAND, CHANNELS, RADIUS, WORST, Costs, Flags, Places
from .options import FillOptions, Progress
from .pyramid import Level, pyramid
from .similar import similar

ROUNDS = (14, 10, 8, 5, 4, 3, 3)  # of searching and voting, from the coarsest size on; the last one from there on
PASSES = 2  # of searching in a round; twice as many in the first one
TRUST = 1.3  # a pixel's weight falls by this factor with each pixel from the known picture (Wexler)
DEEPEST = 40  # pixels from where on it falls no more
NEARNESS = 30000  # what a source as far away as the picture is high costs; 147 · 14² is a visible difference
SIDEWAYS = 0.4  # what is far to the side costs so much of what is far above or below
WHOLE = 400  # pixels: at larger sizes the picture is not compared with itself
SINGULAR = 3.0  # what a source costs for looking like no other, as a share of the difference
DEAREST = 400_000  # at most
CLOSED = 0.1  # the share of it in a hole that is surrounded by the picture; a border has all of it
ALONE = 0.25  # a source costs so much more for each of the four neighbours that comes from elsewhere
SHARPER = 16.0  # so much more the best matches count for the colours at the end
NEAR = 24  # pixels: how far random places are looked for at the two finest sizes of several
FIRST_COST = 7_500_000  # comparisons of patches for the first guess, at most
THIN_COST = 800_000  # where there is one size only
BESIDE = tuple(
    pair
    for one, other in (
        ((slice(1, None), slice(None)), (slice(0, -1), slice(None))),
        ((slice(None), slice(1, None)), (slice(None), slice(0, -1))),
    )
    for pair in ((one, other), (other, one))
)  # pixels and those beside them
FIRST_REACH = 12  # pixels, at least


@dataclass(frozen=True)
class Matches:
    """For each centre of a target patch its source, what it costs, and what its vote weighs. All (rows, columns)."""

    rows: Places
    columns: Places
    costs: Costs
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class Guide:
    """price: (rows, columns), what each source costs besides. steps: (n, 2), from a target to sources to try. lines:
    those that go on across the hole.
    """

    price: Costs
    steps: NDArray[np.int32]
    lines: Lines

    @property
    def costs(self) -> tuple[Costs, Flags, NDArray[np.float32]]:
        """As the kernels take them."""
        return self.price, self.lines.number, self.lines.ways


@dataclass(frozen=True)
class Box:
    """Rows and columns from the first to the one after the last."""

    top: int
    bottom: int
    left: int
    right: int


def complete(finest: Level, seed: int, options: FillOptions, bands: Bands, progress: Progress) -> Matches:
    """The matches of the finest size, whose features of the hole are filled in place.

    Needs target and source patches there. progress: gets the share of the work that is done.
    """
    levels = pyramid(finest)
    last = len(levels) - 1
    amounts = [float(one.target.sum()) * _rounds(last - number) for number, one in enumerate(levels)]
    guides = _guides(levels, seed, options, bands)
    _guess(levels[last], guides[last], options, FIRST_COST if last else THIN_COST)
    matches = _anywhere(levels[last], seed)
    done = 0.0
    work = _Work(levels[last], guides[last], options, bands)
    for number in range(last, -1, -1):
        work = _Work(levels[number], guides[number], options, bands)
        if number < last:
            matches = _enlarged(levels[number + 1], matches, levels[number], seed)
            work.vote(matches, spread=1.0)
        rounds, reach = _rounds(last - number), NEAR if number < min(2, last - 1) else max(work.level.hole.shape)
        for turn in range(rounds):
            progress((done + amounts[number] * turn / rounds) / sum(amounts))
            work.search(matches, PASSES if turn else 2 * PASSES, reach, (seed * 31 + number) * 1009 + turn)
            work.vote(matches, _spread(work.level, matches))
        done += amounts[number]
    work.sharpen(matches)
    return matches


class _Work:
    """Searching and voting at one size."""

    def __init__(self, level: Level, guide: Guide, options: FillOptions, bands: Bands) -> None:
        self.level, self._guide, self._options, self._bands = level, guide, options, bands
        self._box = _box(level)
        bands_of_rows = split(self._box.top, self._box.bottom, BAND)
        self._edges = [edge for top, bottom in bands_of_rows for edge in (top - 1, bottom)]
        self._trust = np.asarray(TRUST ** -np.minimum(level.depth, DEEPEST), np.float32)

    def search(self, matches: Matches, passes: int, reach: int, seed: int) -> None:
        """Improve the matches in place. reach: how far random places are looked for, pixels."""
        level, sides, costs = self.level, (self._box.left, self._box.right), _distance_costs(self.level, self._options)
        found = matches.rows, matches.columns, matches.costs
        flat = level.features.reshape(-1)
        self._on_targets(matching.measure, *sides, flat, level.target, *self._guide.costs, *found, *costs)
        offsets = np.empty((level.hole.shape[0], 8), np.int64)
        for number in range(passes):
            before = matches.rows[self._edges], matches.columns[self._edges]
            drawn, backward = seed * 17 + number, number % 2 == 1
            self._on_targets(
                matching.search, *sides, flat, level.target, level.source, *self._guide.costs,
                self._guide.steps, 0, *found, *before, offsets,
                self._box.top, *costs, ALONE, reach, drawn, backward,
            )  # fmt: skip

    def vote(self, matches: Matches, spread: float) -> None:
        """Fill the hole's features with what the matches say. spread: the cost at which a vote weighs a third."""
        self._weigh(matches, spread)
        level, around = self.level, _around(self._box, self.level)
        sums = np.empty((level.hole.shape[0], CHANNELS), np.float32)
        self._bands.run(
            voting.vote_features, split(around.top, around.bottom, BAND), around.left, around.right, level.hole,
            level.target, matches.rows, matches.columns, matches.weights, sums, level.features,
        )  # fmt: skip

    def sharpen(self, matches: Matches) -> None:
        """Weigh the matches so that the best of a pixel decide: means of many are blurred."""
        self._weigh(matches, _spread(self.level, matches) / SHARPER)

    def _weigh(self, matches: Matches, spread: float) -> None:
        sides, level, number = (self._box.left, self._box.right), self.level, self._guide.lines.number
        self._on_targets(
            voting.weigh, *sides, level.target, matches.costs, self._trust, number, spread, matches.weights
        )

    def _on_targets(self, kernel: Callable[..., None], *arguments: object) -> None:
        self._bands.run(kernel, split(self._box.top, self._box.bottom, BAND), *arguments)


def _guides(levels: list[Level], seed: int, options: FillOptions, bands: Bands) -> list[Guide]:
    """Of each size, from how the picture resembles itself where things are still seen as a whole."""
    last = len(levels) - 1
    free = np.zeros((0, 2), np.int32)
    seen = max(0, last - 1)
    found_lines = find_lines(levels[0]) if options.lines else []
    lines = [lines_at(found_lines, one, 0.5**number) for number, one in enumerate(levels)]
    own = levels[seen].source[:, : levels[seen].own]
    if not last or max(own.shape) > WHOLE or not own.any():
        return [Guide(np.zeros(one.hole.shape, np.int32), free, mine) for one, mine in zip(levels, lines, strict=True)]
    found = similar(levels[seen], seed, bands)
    price = np.minimum(found.singular * SINGULAR, DEAREST).astype(np.float32)
    price *= np.float32(options.singular * max(CLOSED, min(1.0, 2 * _openness(levels[seen]))))
    guides: list[Guide] = []
    for number, one in enumerate(levels):
        height, width = one.hole.shape
        mine = cv2.resize(price, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.int32)
        steps = found.steps * 2 ** (seen - number) if number <= seen else found.steps // 2
        guides.append(Guide(mine, steps if number >= seen - 1 else free, lines[number]))
    return guides


def _openness(level: Level) -> float:
    """The share of the hole's outline that lies at the edge of the picture: about a half in an outpaint."""
    hole = level.hole[:, : level.own]
    at_edge = sum(int(one.sum()) for one in (hole[0], hole[-1], hole[:, 0], hole[:, -1]))
    inside = sum(int((hole[one] < hole[other]).sum()) for one, other in BESIDE)
    return at_edge / max(1, at_edge + inside)


def _rounds(step: int) -> int:
    return ROUNDS[min(step, len(ROUNDS) - 1)]


def _box(level: Level) -> Box:
    """Around the target patches' centres."""
    rows, columns = np.flatnonzero(level.target.any(axis=1)), np.flatnonzero(level.target.any(axis=0))
    return Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def _around(box: Box, level: Level) -> Box:
    """Around all of these patches."""
    height, width = level.hole.shape
    top, bottom = max(0, box.top - RADIUS), min(height, box.bottom + RADIUS)
    return Box(top, bottom, max(0, box.left - RADIUS), min(width, box.right + RADIUS))


def _distance_costs(level: Level, options: FillOptions) -> tuple[float, float, int]:
    """Of a pixel down, and of one across; and how many columns are the picture itself."""
    down = options.nearness * NEARNESS / max(level.hole.shape[0], level.own)
    return down, down * SIDEWAYS, level.own


def _guess(level: Level, guide: Guide, options: FillOptions, most: int) -> None:
    """Fill the hole of the coarsest size for the first time, in place. most: comparisons of patches."""
    reach = max(FIRST_REACH, int((most / max(1, int(level.hole.sum()))) ** 0.5 / 2))
    still_open = level.hole.copy()
    trust = level.known.astype(np.float32)
    costs = _distance_costs(level, options)
    first.paste_inwards(
        level.features,
        still_open,
        level.target.copy(),
        level.source,
        *guide.costs,
        trust,
        np.full(trust.shape, -1, np.float32),
        *costs,
        reach,
    )
    if still_open.any():
        mean = level.features[level.known == 1].mean(axis=0)
        level.features[still_open == 1] = np.rint(mean).astype(np.int16)


def _anywhere(level: Level, seed: int) -> Matches:
    """Sources drawn by chance."""
    targets, matches = np.flatnonzero(level.target), _none(level)
    matches.rows.flat[targets], matches.columns.flat[targets] = _drawn(level, seed, np.ones(len(targets), np.bool_))
    return matches


def _none(level: Level) -> Matches:
    shape = level.hole.shape
    rows, columns = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    return Matches(rows, columns, np.zeros(shape, np.int32), np.zeros(shape, np.float32))


def _drawn(level: Level, seed: int, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of sources by chance, for the wanted ones of the targets."""
    sources = np.flatnonzero(level.source)
    drawn = np.random.default_rng(seed).integers(len(sources), size=len(wanted))
    return np.divmod(sources[drawn[wanted]], level.source.shape[1])


def _enlarged(small: Level, found: Matches, level: Level, seed: int) -> Matches:
    """The same sources at twice the size; by chance, and at the highest cost, where there are none."""
    height, width = level.hole.shape
    y, x = np.divmod(np.flatnonzero(level.target), width)
    lowest, rightmost = small.hole.shape[0] - RADIUS - 1, small.hole.shape[1] - RADIUS - 1
    sy, sx = np.clip(y // 2, RADIUS, lowest), np.clip(x // 2, RADIUS, rightmost)
    rows = found.rows[sy, sx].astype(np.int32) * 2 + y - 2 * sy
    columns = found.columns[sy, sx].astype(np.int32) * 2 + x - 2 * sx
    has = (small.target[sy, sx] == 1) & (rows < height) & (columns < width)
    has &= level.source[np.minimum(rows, height - 1), np.minimum(columns, width - 1)] == 1
    if not has.all():
        rows[~has], columns[~has] = _drawn(level, seed, ~has)
    matches = _none(level)
    matches.rows[y, x], matches.columns[y, x] = rows, columns
    matches.costs[y[~has], x[~has]] = WORST
    return matches


def _spread(level: Level, matches: Matches) -> float:
    """Twice the cost that three of four patches are below (Wexler)."""
    costs = matches.costs[level.target == 1]
    step = max(1, len(costs) // 50000)
    return 2.0 * float(np.quantile(costs[::step], 0.75)) + 1.0

"""The fill of a whole picture: region by region, each at all sizes, and its colours from the picture itself."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compiled import Bands, split, threads
from ..pull_push import NEUTRAL, spread, weighted
from . import voting
from .blend import blend
from .border import meet
from .completion import Matches, complete
from .detail import enliven
from .features import features
from .matching import BAND, Flags
from .options import HIDDEN, Example, FillOptions, Progress
from .pyramid import Level, level
from .regions import Region, regions, widened
from .tiles import Tile, tiles
from .turned import with_examples

TILE = 1024  # pixels
SMALL_TILE = 256  # pixels
FINEST = 4  # pixels: the size at which the smooth fill is worked out
STRIP = 64  # rows of it at a time


def fill_by_example(
    image: NDArray[np.float32],
    mask: NDArray[np.float32],
    unknown: NDArray[np.bool_] | None,
    seed: int,
    options: FillOptions,
    progress: Progress,
    example: Example | None,
    spared: NDArray[np.bool_] | None = None,
) -> None:
    """See exemplar/__init__.py; changes the picture in place."""
    place = _place(mask, options.around)
    if place is None:
        return
    image, mask = image[place], mask[place]
    hole = (mask > HIDDEN).astype(np.uint8)
    usable = 1 - hole
    if unknown is not None:
        usable[unknown[place]] = 0
    partly = (hole == 1) & (mask < 1)
    before = image[partly]
    known = usable.copy()
    if spared is not None:
        usable[spared[place]] = 0
    if example is not None:
        options = replace(options, nearness=0.0, lines=False)  # nothing of it is near, or lies on the picture's lines
    parts = regions(hole, options.around)
    amounts = [float(mine.sum()) for _, mine in parts]
    done = 0.0
    with threads(options.threads) as bands:
        for number, (region, mine) in enumerate(parts):
            share = amounts[number] / sum(amounts)
            _fill_region(
                image, mine, known[region.seen], usable[region.seen], region, seed + number, options, example,
                bands,
                lambda part, done=done, share=share: progress(done + share * part),
            )  # fmt: skip
            known[region.seen] |= mine
            done += share
    progress(1.0)
    image[partly] = before + (image[partly] - before) * mask[partly][:, None]


def _place(mask: NDArray[np.float32], around: int | None) -> tuple[slice, slice] | None:
    """Rows and columns of the hole and of all that is looked at for it; None where there is no hole."""
    rows = np.flatnonzero(mask.max(axis=1, initial=0) > HIDDEN)
    if not len(rows):
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[top:bottom].max(axis=0) > HIDDEN)
    return widened((slice(top, bottom), slice(int(columns[0]), int(columns[-1]) + 1)), mask.shape, around)


def _fill_region(
    filled: NDArray[np.float32],
    hole: Flags,
    known: Flags,
    usable: Flags,
    region: Region,
    seed: int,
    options: FillOptions,
    example: Example | None,
    bands: Bands,
    progress: Progress,
) -> None:
    """Fill the hole of one region in place."""
    picture = np.ascontiguousarray(filled[region.seen])
    _smooth(picture, hole, known, bands)
    sheet = with_examples(picture, hole, known, usable, options, example)
    seen = features(sheet.picture, sheet.known, options.texture, bands)
    finest = level(seen, sheet.hole, sheet.known, sheet.usable, sheet.own)
    if finest.target.any() and finest.source.any():
        matches = complete(finest, seed, options, bands, progress)
        picture, hole, known = sheet.picture, sheet.hole, sheet.known
        depth = float(cv2.distanceTransform(hole, cv2.DIST_L2, 5).max())
        done = known.copy()
        for rows, columns in tiles(hole, TILE):
            _color(picture, finest, matches, done, (rows, columns), depth, options, bands)
            done[rows, columns] |= hole[rows, columns]
        if options.blend:
            own = slice(0, sheet.rows), slice(0, sheet.own)

            def said(place: Tile, flags: Flags, bands: Bands) -> NDArray[np.float32]:
                return _said(sheet.picture, finest.target, matches, place, flags, bands)

            small = tiles(hole, SMALL_TILE)
            meet(picture[own], hole[own], known[own], said, small, bands)
            enliven(picture[own], hole[own], known[own], small, bands)
        picture, hole = picture[: sheet.rows, : sheet.own], hole[: sheet.rows, : sheet.own]
    filled[region.seen][hole == 1] = picture[hole == 1]


def _color(
    picture: NDArray[np.float32],
    finest: Level,
    matches: Matches,
    known: Flags,
    tile: Tile,
    depth: float,
    options: FillOptions,
    bands: Bands,
) -> None:
    """The colours of the hole's pixels in one tile, in place; known: also what tiles before have coloured."""
    height, width = known.shape
    top, bottom = max(0, tile[0].start - 1), min(height, tile[0].stop + 1)
    left, right = max(0, tile[1].start - 1), min(width, tile[1].stop + 1)
    place = slice(top, bottom), slice(left, right)
    hole = np.zeros((bottom - top, right - left), np.uint8)
    inner = slice(tile[0].start - top, tile[0].stop - top), slice(tile[1].start - left, tile[1].stop - left)
    hole[inner] = finest.hole[tile]
    hole[known[place] == 1] = 0
    if not hole.any():
        return
    colors = picture[place].copy()
    slopes = np.full((2, *colors.shape), np.nan, np.float32)
    voted = colors.copy()
    bands.run(
        voting.vote_colors, split(top, bottom, BAND), left, right, finest.hole, finest.target,
        matches.rows, matches.columns, matches.weights, voting.sums(picture), picture, top, voted, slopes,
    )  # fmt: skip
    colors[hole == 1] = voted[hole == 1]
    if options.blend:
        blend(colors, slopes, hole, known[place], depth, bands)
    picture[place][hole == 1] = colors[hole == 1]


def _said(
    picture: NDArray[np.float32],
    target: Flags,
    matches: Matches,
    place: Tile,
    flags: Flags,
    bands: Bands,
) -> NDArray[np.float32]:
    """The colours (h, w, C) of a place, of which the flagged pixels (h, w) are what the pieces that cover them say.

    target: of the whole picture.
    """
    colors, flagged = picture[place].copy(), np.zeros_like(target)
    flagged[place] = flags
    (top, bottom, _), (left, right, _) = (one.indices(length) for one, length in zip(place, target.shape, strict=True))
    bands.run(
        voting.vote_colors, split(top, bottom, BAND), left, right, flagged, target,
        matches.rows, matches.columns, matches.weights, voting.sums(picture), picture, top, colors,
        np.empty((2, *colors.shape), np.float32),
    )  # fmt: skip
    return colors


def _smooth(picture: NDArray[np.float32], hole: Flags, known: Flags, bands: Bands) -> None:
    """What shows where no patch reaches, in place; worked out at a quarter of the size."""
    height, width = hole.shape
    size = -(-height // FINEST), max(1, width // FINEST)
    color, share = np.empty((*size, 3), np.float32), np.empty(size, np.float32)

    def reduce(strip: tuple[int, int], _bands: Bands) -> None:
        rows = slice(*strip)
        small = slice(rows.start // FINEST, -(-rows.stop // FINEST))
        part, weight = picture[rows], known[rows].astype(np.float32)
        seen = weighted(part if part.shape[2] == 3 else np.repeat(part, 3, axis=2), weight)
        shape = (size[1], small.stop - small.start)
        color[small] = cv2.resize(seen, shape, interpolation=cv2.INTER_AREA)
        share[small] = cv2.resize(weight, shape, interpolation=cv2.INTER_AREA)

    bands.each(reduce, split(0, height, FINEST * STRIP))
    continued = cv2.resize(spread(color, share, NEUTRAL), (width, height), interpolation=cv2.INTER_LINEAR)
    picture[hole == 1] = np.asarray(continued, np.float32)[..., : picture.shape[2]][hole == 1]

"""Enlarging tile by tile, in the picture's own depth and colours, by one of two ways of making (h, w, 3) larger.

`interpolated`, for photographs: Lanczos, sharpened as far as the picture itself tells (iterative back-projection, Irani
and Peleg, 1991), and never beyond the range of the pixels around, so that no edge gets a halo:

    large = limited(large + up(picture - down(large)))        twice

`drawn`, for drawings: a network draws what is finer than the picture, and the same step gives it back the picture's own
values: its levels of 16 bit, and values beyond 0 to 1, which the network never sees. Both work on sRGB-encoded values:
in linear light photographs come back 0.8 dB farther from the truth. In float and in wide profiles the document's own
channels are limited too (ranges.py); what is drawn may go from nothing to the full value, and beyond as far as the
pixels around. Each tile is worked on with so much around it
that its own pixels do not depend on where tiles lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..plan.bounds import Bounds
from ..plan.upscaling import AROUND, TILE
from .color import FULL, exceeds_srgb, has_alpha, is_gray, stored, to_document, to_working
from .fill import weighted
from .hidden import without_hidden
from .ranges import Range, range_of, seen_values
from .resample import NEIGHBORS, resize_share
from .source import Image, Pixels, continued, window

ROUNDS = 2
LOOKED_AT = 4  # pixels around a tile, for its limits

CLEAR = 1 / 1024  # of full opacity: below, a colour times its alpha says too little of the colour

Share = NDArray[np.float32]
Draw = Callable[[Image], Image]  # (h, w, 3) of 0 to 1 -> larger by a whole factor, not below the scale that is wanted


@dataclass(frozen=True)
class Enlarger:
    """make: (h, w, 3) sRGB, unbounded, its alpha (h, w) or None where all is opaque, and the scale -> (scale h,
    scale w, 3). draws: whether it makes what the pixels around have nothing of.
    """

    make: Callable[[Image, Share | None, int], Image]
    draws: bool


def tiles(width: int, height: int, side: int = 0) -> list[Bounds]:
    """Row by row, without overlap; together they are the picture. side: of each, 0: TILE."""
    side = side or TILE
    return [
        Bounds(x, y, min(side, width - x), min(side, height - y))
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]


def enlarge(
    image: Pixels, profile: bytes | str | None, scale: int, enlarger: Enlarger, side: int = 0
) -> Iterator[tuple[Bounds, Pixels]]:
    """Tiles of the larger picture, (scale h, scale w, C) of the image's depth and profile, each with its place there.

    image: (H, W, 1 to 4) uint8, uint16 or float32. Raises BridgeError (unsupported) and whatever `enlarger` raises.
    """
    height, width = image.shape[:2]
    for tile in tiles(width, height, side):
        place = Bounds(tile.x * scale, tile.y * scale, tile.width * scale, tile.height * scale)
        yield place, _tile(image, profile, tile, scale, enlarger)


def drawn(draw: Draw) -> Enlarger:
    """By what `draw` makes of a picture."""
    return Enlarger(partial(_drawn, draw), draws=True)


def _interpolated(color: Image, alpha: Share | None, scale: int) -> Image:
    """Without a network. Colours count as much as they are seen, so that none comes out at soft edges."""
    lowest, highest = _range(color, scale)
    if alpha is None:
        return _sharpened(color, scale, lowest, highest)
    seen = weighted(color, alpha)
    share = _sharpened(alpha, scale, *_range(alpha, scale))
    made = _sharpened(seen, scale, *_range(seen, scale)) / np.maximum(share, CLEAR)[:, :, np.newaxis]
    made = np.where(share[:, :, np.newaxis] > CLEAR, made, _resized(color, scale, cv2.INTER_LINEAR))
    return np.clip(made, lowest, highest, dtype=np.float32)


interpolated = Enlarger(_interpolated, draws=False)


def _tile(image: Pixels, profile: bytes | str | None, tile: Bounds, scale: int, enlarger: Enlarger) -> Pixels:
    whole = Bounds(0, 0, image.shape[1], image.shape[0])
    near = Bounds(tile.x - AROUND, tile.y - AROUND, tile.width + 2 * AROUND, tile.height + 2 * AROUND)
    have = near.intersect(whole)
    part = np.ascontiguousarray(window(image, whole, have))
    color, alpha = to_working(part, profile)
    if alpha is not None:
        color = without_hidden(color, alpha)
    share = None if alpha is None else continued(alpha, have, near)
    large = enlarger.make(continued(color, have, near), share, scale)
    inner = tile.relative_to(near)
    own = (slice(inner.y * scale, inner.bottom * scale), slice(inner.x * scale, inner.right * scale))
    values = to_document(np.ascontiguousarray(large[own]), is_gray(image), profile)
    if exceeds_srgb(image, profile):
        given = continued(seen_values(part, color, alpha, profile), have, near)
        values = _limited(values, given, inner, scale, draws=enlarger.draws)
    pixels = stored(values, image.dtype)
    if share is None or not has_alpha(image):
        return pixels
    share = resize_share(share, share.shape[1] * scale, share.shape[0] * scale)[own]
    full = FULL[image.dtype]
    cover = share if image.dtype == np.float32 else np.rint(share * np.float32(full)).astype(image.dtype)
    return np.concatenate([pixels, cover[:, :, np.newaxis]], axis=2)


def _limited(values: Share, given: Share, inner: Bounds, scale: int, *, draws: bool) -> Share:
    """A tile's values by those of the picture around it, of which it is the part `inner`."""
    near = inner.grow(LOOKED_AT).intersect(Bounds(0, 0, given.shape[1], given.shape[0]))
    small = np.ascontiguousarray(given[near.y : near.bottom, near.x : near.right])
    limits = (range_of(small, 2).with_nothing_to_full() if draws else range_of(small, 1)).enlarged(scale)
    place = inner.relative_to(near)
    own = (slice(place.y * scale, place.bottom * scale), slice(place.x * scale, place.right * scale))
    return Range(limits.lowest[own], limits.highest[own]).limit(values)


def _drawn(draw: Draw, color: Image, _alpha: Share | None, scale: int) -> Image:
    height, width = color.shape[:2]
    large = draw(np.clip(color, 0.0, 1.0))
    if large.shape[1] != width * scale:
        large = np.asarray(cv2.resize(large, (width * scale, height * scale), interpolation=cv2.INTER_AREA), np.float32)
    for _ in range(ROUNDS):
        large = large + _missing(color, large, scale)
    return large


def _sharpened(values: Share, scale: int, lowest: Share, highest: Share) -> Share:
    """(h, w) or (h, w, 3) -> larger, within the ranges, which are as large as the result."""
    large = np.clip(_resized(values, scale, cv2.INTER_LANCZOS4), lowest, highest)
    for _ in range(ROUNDS):
        large = np.clip(large + _missing(values, large, scale), lowest, highest)
    return large


def _missing(values: Share, large: Share, scale: int) -> Share:
    """What `large` lacks to be `values` when it is made small again, enlarged."""
    small = cv2.resize(large, (values.shape[1], values.shape[0]), interpolation=cv2.INTER_AREA)
    return _resized(np.asarray(values - small, np.float32), scale, cv2.INTER_CUBIC)


def _range(values: Share, scale: int) -> tuple[Share, Share]:
    """The least and the most of each pixel's neighbours, enlarged."""
    lowest, highest = cv2.erode(values, NEIGHBORS), cv2.dilate(values, NEIGHBORS)
    return _resized(lowest, scale, cv2.INTER_LINEAR), _resized(highest, scale, cv2.INTER_LINEAR)


def _resized(values: NDArray[Any], scale: int, how: int) -> Share:
    size = (values.shape[1] * scale, values.shape[0] * scale)
    return np.asarray(cv2.resize(values, size, interpolation=how), np.float32)

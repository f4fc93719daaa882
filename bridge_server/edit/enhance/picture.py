"""Enhancing a picture tile by tile: what is wrong with it is measured on all of it, and mended place by place.

Each tile is worked on with so much around it that its own pixels do not depend on where tiles lie. In float
and in wide profiles nothing goes beyond the range of the document's own values around (ranges.py). Beside the picture
it takes the memory of a few tiles for each processor, whatever the picture's size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...plan.bounds import Bounds
from ..color import exceeds_srgb, has_alpha, is_gray, stored, to_document, to_working
from ..compiled import processors
from ..hidden import without_hidden
from ..ranges import range_of, seen_values
from ..source import Image, Pixels, continued, window
from . import blocks, sharpen
from .grid import step_of
from .noise import FEWEST, noise_of

TILE = 512  # pixels, a multiple of a block's
AROUND = 32  # pixels, a multiple of COARSE; more than twice blocks.REACH, and what sharpening and halving look at
COARSE = 2 * blocks.SIDE  # pixels: the side of a block of colour, which most JPEGs keep at half the size
SAMPLES = 24  # tiles that are measured, spread over the picture
DENOISE = 5.0  # deviations of the noise: at half strength a coefficient below 2.5 of them is taken for noise
DEBLOCK = 10.0  # heights of a step at a block's border
MEAN = float(1 / np.sqrt(3))  # what the mean of the channels is of lightness
CLIPPED = 0.004  # of the values' range: so near to black and white there is no noise to measure

Check = Callable[[], None]


@dataclass(frozen=True)
class Strengths:
    """How much of each, 0 to 1."""

    denoise: float
    sharpen: float
    deblock: float


@dataclass(frozen=True)
class Found:
    """What a picture suffers from, 0 where it does not. noise: its deviations in lightness and in two differences of
    colours; block_step: the height of lightness's steps where a JPEG's blocks meet (channels as blocks.to_opponent has
    them, of sRGB 0 to 1).
    """

    noise: tuple[float, float, float]
    block_step: float


def tiles(width: int, height: int) -> list[Bounds]:
    """Row by row, without overlap; together they are the picture."""
    return [
        Bounds(x, y, min(TILE, width - x), min(TILE, height - y))
        for y in range(0, height, TILE)
        for x in range(0, width, TILE)
    ]


def measure(image: Pixels, profile: bytes | str | None, check: Check) -> Found:
    """Of a picture (H, W, 1 to 4), its parts that are not transparent. Raises BridgeError (unsupported)."""
    every = tiles(image.shape[1], image.shape[0])
    count = min(SAMPLES, len(every))
    chosen = [every[round(number * (len(every) - 1) / max(1, count - 1))] for number in range(count)]
    measured: list[Found] = []
    areas: list[int] = []
    for tile in chosen:
        check()
        size = tile.width // blocks.SIDE * blocks.SIDE, tile.height // blocks.SIDE * blocks.SIDE
        if min(size) >= 2 * blocks.SIDE:
            measured.append(_found(image[tile.y : tile.y + size[1], tile.x : tile.x + size[0]], profile))
            areas.append(size[0] * size[1])
    if not measured:
        return Found((0.0, 0.0, 0.0), 0.0)
    noise = np.array([one.noise for one in measured])
    told = noise[noise[:, 0] > 0] if (noise[:, 0] > 0).any() else noise
    least = np.quantile(told, 0.25, axis=0)  # where there is most texture, some of it is taken for noise
    step = float(np.average([one.block_step for one in measured], weights=areas))
    return Found((float(least[0]), float(least[1]), float(least[2])), step)


def enhance(
    image: Pixels,
    profile: bytes | str | None,
    box: Bounds,
    strengths: Strengths,
    found: Found,
    check: Check,
    threads: int | None = None,
) -> Iterator[tuple[Bounds, Pixels]]:
    """Tiles of the part `box` of a picture (H, W, C), of its depth and profile, each with its place in the box.

    Alpha stays, and so do the values of what is wholly transparent. `check` is called several times a second, in any
    thread, and may raise. threads: how many tiles are worked on at once, None: one for each processor; the bytes do
    not depend on it. Raises BridgeError (unsupported).
    """
    count = threads or processors()
    waiting: deque[tuple[Bounds, Future[Pixels]]] = deque()
    with ThreadPoolExecutor(count, thread_name_prefix="enhance") as pool:
        try:
            for tile in tiles(box.width, box.height):
                check()
                place = Bounds(box.x + tile.x, box.y + tile.y, tile.width, tile.height)
                waiting.append((tile, pool.submit(_tile, image, profile, place, strengths, found, check)))
                if len(waiting) > count:
                    yield _first(waiting)
            while waiting:
                yield _first(waiting)
        finally:
            for _, future in waiting:
                future.cancel()


def _first(waiting: deque[tuple[Bounds, Future[Pixels]]]) -> tuple[Bounds, Pixels]:
    tile, future = waiting.popleft()
    return tile, future.result()


def _found(part: Pixels, profile: bytes | str | None) -> Found:
    color, alpha = to_working(np.ascontiguousarray(part), profile)
    seen = (color > CLIPPED) & (color < 1 - CLIPPED)
    if alpha is not None:
        seen &= alpha[:, :, np.newaxis] > 0
    height, width = seen.shape[:2]
    squares = seen.reshape(height // blocks.SIDE, blocks.SIDE, width // blocks.SIDE, blocks.SIDE, 3)
    by_channel: NDArray[np.bool_] = np.asarray(squares.all(axis=(1, 3)))
    usable: NDArray[np.bool_] = np.asarray(by_channel.all(axis=2))
    channels = blocks.to_opponent(color)
    lightness, one, other = (np.ascontiguousarray(channels[:, :, number]) for number in range(3))
    if np.count_nonzero(usable) >= FEWEST:
        noise = (noise_of(lightness, usable), noise_of(one, usable), noise_of(other, usable))
    else:
        noise = _noise_by_channel(color, by_channel)
    return Found(noise, step_of(lightness) if alpha is None or (alpha > 0).all() else 0.0)


def _noise_by_channel(color: Image, usable: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Where some channel is black or full nearly everywhere, as in saturated flowers: from those that are not, as if
    the noise of one said nothing of another's. usable: (m, n, 3).
    """
    found = [noise_of(np.ascontiguousarray(color[:, :, number]), usable[:, :, number]) for number in range(3)]
    told = [one for one in found if one > 0]
    if not told:
        return (0.0, 0.0, 0.0)
    squares = np.square(np.array([one or np.mean(told) for one in found], np.float64))
    lightness, one, other = np.sqrt(np.square(blocks.OPPONENT.astype(np.float64)) @ squares)
    return float(lightness), float(one), float(other)


def _tile(
    image: Pixels, profile: bytes | str | None, place: Bounds, strengths: Strengths, found: Found, check: Check
) -> Pixels:
    near = _around(place)
    picture = Bounds(0, 0, image.shape[1], image.shape[0])
    have = near.intersect(picture)
    part = np.ascontiguousarray(window(image, picture, have))
    color, alpha = to_working(part, profile)
    if alpha is not None:
        color = without_hidden(color, alpha)
    whole = continued(color, have, near)
    smoothed = _smoothed(whole, strengths, found, check)
    sharp = _sharpened(smoothed, strengths, found)
    inner, own = place.relative_to(near), place.relative_to(have)
    if exceeds_srgb(image, profile):
        values = continued(seen_values(part, color, alpha, profile), have, near)
        if smoothed is not whole:
            values = range_of(values, COARSE).limit(to_document(smoothed, is_gray(image), profile))
        if sharp is not smoothed:
            values = range_of(values, 1).limit(to_document(sharp, is_gray(image), profile))
    else:
        values = to_document(sharp, is_gray(image), profile)
    pixels = stored(np.ascontiguousarray(values[inner.y : inner.bottom, inner.x : inner.right]), image.dtype)
    if alpha is None or not has_alpha(image):
        return pixels
    before = part[own.y : own.bottom, own.x : own.right]
    pixels = np.where(before[:, :, -1:] > 0, pixels, before[:, :, :-1])
    return np.concatenate([pixels, before[:, :, -1:]], axis=2)


def _smoothed(color: Image, strengths: Strengths, found: Found, check: Check) -> Image:
    """Without noise and blocks: (h, w, 3), sides that are multiples of COARSE."""
    steps = DEBLOCK * strengths.deblock * found.block_step
    thresholds = [max(steps, DENOISE * strengths.denoise * noise) for noise in found.noise]
    if any(thresholds):
        channels = [np.asarray(channel, np.float32) for channel in cv2.split(blocks.to_opponent(color))]
        if steps:
            channels[1:] = [_without_coarse_blocks(channel, steps, check) for channel in channels[1:]]
        pairs = zip(channels, thresholds, strict=True)
        shrunk = [blocks.shrink(channel, limit, check) if limit else channel for channel, limit in pairs]
        color = blocks.from_opponent(np.asarray(cv2.merge(shrunk), np.float32))
    return color


def _sharpened(color: Image, strengths: Strengths, found: Found) -> Image:
    """(h, w, 3); the same array where nothing is to be sharpened."""
    if not strengths.sharpen:
        return color
    left = max(0.0, 1 - 2 * strengths.denoise) * found.noise[0] * MEAN
    return sharpen.sharpen(color, strengths.sharpen, left)


def _without_coarse_blocks(channel: blocks.Channel, threshold: float, check: Check) -> blocks.Channel:
    """(h, w), sides that are multiples of COARSE: the same, with the blocks of COARSE pixels taken out."""
    height, width = channel.shape
    half = np.asarray(cv2.resize(channel, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.float32)
    change = blocks.shrink(half, threshold, check) - half
    return channel + np.asarray(cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _around(place: Bounds) -> Bounds:
    """With what is looked at around it. Blocks begin at multiples of COARSE, whatever part is asked for."""
    left, top = (first // COARSE * COARSE for first in (place.x, place.y))
    right, bottom = (-(-last // COARSE) * COARSE for last in (place.right, place.bottom))
    return Bounds.from_edges(left - AROUND, top - AROUND, right + AROUND, bottom + AROUND)

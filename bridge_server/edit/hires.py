"""The second pass of a large area: the picture it starts from, and how its tiles go together.

Tiles are painted one after the other into one picture. Where a tile lies over earlier ones, its weight rises from 0 to
1 across the overlap. Where it is 0 the tile sees what they painted, and keeps it; where it is 1 it starts from the same
picture as they did, so that nothing is painted twice; between, all of it goes smoothly from one to the other: what the
tile sees, its mask, and how its result is laid over the picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..plan.bounds import Bounds
from .resample import resize
from .source import Image

Weights = NDArray[np.float32]  # (h, w), 0 to 1


def start_picture(first: Image | None, known: Image, mask: Weights) -> Image:
    """What the tiles are painted into: (h, w, 3) float32, 0 to 1, of the hires pass's size; a new array.

    first: the picture of the first pass, of any size; it is enlarged, and laid over `known`, the document at the
    hires size, as far as the mask says. None: the document as it is.
    """
    if first is None:
        return known.copy()
    height, width = mask.shape
    picture = resize(np.clip(first, 0.0, 1.0, dtype=np.float32), width, height)
    picture = picture - known
    picture *= mask[:, :, np.newaxis]
    picture += known
    return picture


def touched(tiles: tuple[Bounds, ...], mask: Weights) -> list[Bounds]:
    """The tiles in which the mask is not 0 everywhere; the others would change nothing."""
    return [tile for tile in tiles if part(mask, tile).any()]


def part(array: NDArray[np.float32], tile: Bounds) -> NDArray[np.float32]:
    """A view of the tile's pixels."""
    return array[tile.y : tile.bottom, tile.x : tile.right]


def ramp(tile: Bounds, overlap: int, cell: int) -> Weights:
    """How much of each of the tile's pixels is its own: rising smoothly from the edges where earlier tiles lie.

    Earlier tiles lie to the left and above, `overlap` pixels deep or more. The first and the last cell (pixels) of the
    overlap take no part: at its very edge a tile is painted with too little to go by.
    """
    across = _rise(tile.width, overlap if tile.x > 0 else 0, cell)
    down = _rise(tile.height, overlap if tile.y > 0 else 0, cell)
    return down[:, np.newaxis] * across[np.newaxis, :]


def tile_start(start: Image, picture: Image, tile: Bounds, weights: Weights) -> Image:
    """(h, w, 3): what a tile sees: the start picture where it is free, and earlier tiles' work where it is not."""
    seen = part(picture, tile).copy()
    lay_over(seen, part(start, tile), Bounds(0, 0, tile.width, tile.height), weights)
    return seen


def lay_over(picture: Image, patch: Image, tile: Bounds, weights: Weights) -> None:
    """Blend a tile's picture (h, w, 3) into the whole, in place."""
    place = part(picture, tile)
    place += (patch - place) * weights[:, :, np.newaxis]


def _rise(length: int, overlap: int, cell: int) -> NDArray[np.float32]:
    if not overlap:
        return np.ones(length, np.float32)
    centers = np.arange(length, dtype=np.float32) + np.float32(0.5)
    t = np.clip((centers - cell) / max(1, overlap - 2 * cell), 0.0, 1.0)
    return (t * t * (3 - 2 * t)).astype(np.float32)

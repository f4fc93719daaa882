"""Rows and columns of a hole, tile by tile, so that what is worked out for a pixel need not be kept for all of them."""

from __future__ import annotations

import numpy as np

from ...compiled import split
from .matching import Flags

Tile = tuple[slice, slice]  # rows, columns


def tiles(hole: Flags, side: int) -> list[Tile]:
    """Of the box around the hole, squares of that side, smaller at its right and lower border."""
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    return [
        (slice(top, bottom), slice(left, right))
        for top, bottom in split(int(rows[0]), int(rows[-1]) + 1, side)
        for left, right in split(int(columns[0]), int(columns[-1]) + 1, side)
    ]


def padded(tile: Tile, margin: int, shape: tuple[int, ...]) -> Tile:
    """By as many pixels on all sides as the picture of that shape has."""
    rows, columns = (
        slice(max(0, one.start - margin), min(length, one.stop + margin))
        for one, length in zip(tile, shape, strict=True)
    )
    return rows, columns


def within(tile: Tile, place: Tile) -> Tile:
    """The tile in the place's own rows and columns."""
    rows, columns = (
        slice(one.start - other.start, one.stop - other.start) for one, other in zip(tile, place, strict=True)
    )
    return rows, columns

"""Brings the tone just inside a hole's border to what the picture around it continues to; the detail is the pieces'.

What the eye follows is the mean along the border: of two textures that are alike it differs by chance, as often as not
into the wrong direction. So only means along the border are changed, less and less inwards, and not where the pieces
continue the known pixels beside the hole so well that they are right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compiled import Bands
from .continuation import DEEPEST, continued
from .matching import Flags
from .tiles import Tile, padded, within

Said = Callable[[Tile, Flags, Bands], NDArray[np.float32]]

FLAT = 4.0  # pixels from the border on which the tone is that of the continuation
ALONG = 3.0  # pixels, Gaussian sigma along the border
REACH = 12  # pixels, that it reaches
RIM = np.ones((5, 5), np.uint8)  # known pixels so near the hole, and the pieces, are compared
AROUND = 5.0  # pixels, Gaussian sigma: how far around
CERTAIN = 0.02  # pieces that miss the rim by much less than this share of the continuation's error are right
TINY = 1e-9
NEXT, FRINGE = np.ones((3, 3), np.uint8), np.ones((7, 7), np.uint8)  # known pixels beside the hole, and a fringe there
FOREIGN = 2.5  # so many times the error that is expected makes a fringe
MARGIN = 64  # pixels around a tile: more than the continuation looks at


def meet(
    picture: NDArray[np.float32],
    hole: Flags,
    known: Flags,
    said: Said,
    tiles: Sequence[Tile],
    bands: Bands,
) -> None:
    """Change the hole's pixels near known ones in place. picture: (H, W, C) filled; hole, known: (H, W).

    said: gives for rows and columns, and flags of their pixels, what the pieces say there, (h, w, C); several threads
    call it.
    tiles: rows and columns that hold the hole, so that little is worked out at the same time.
    """
    found = bands.each(lambda tile, mine: _corrections(picture, hole, known, said, tile, mine), tiles)
    for (rows, columns), (where, corrections) in zip(tiles, found, strict=True):
        picture[rows, columns][where] += corrections


def _corrections(
    picture: NDArray[np.float32], hole: Flags, known: Flags, said: Said, tile: Tile, bands: Bands
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Where in the tile something is corrected, and by how much, (n, C)."""
    place, wider = padded(tile, MARGIN, hole.shape), padded(tile, REACH, hole.shape)
    inner = within(tile, place)
    seen, part = np.ascontiguousarray(known[place]), np.ascontiguousarray(picture[place])
    depth = np.asarray(cv2.distanceTransform((seen == 0).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    depth[(hole[place] == 0) | (depth > DEEPEST)] = 0
    near = np.zeros_like(depth)
    near[within(wider, place)] = depth[within(wider, place)]
    where = near[inner] > 0
    if not where.any():
        return where, np.zeros((0, part.shape[2]), np.float32)
    missed, errors = continued(part, seen, near, bands)
    missed -= part
    beside = _beside(near > 0, RIM, seen)
    misfits = ((said(place, beside, bands) - part) ** 2).sum(axis=2)
    wrong = _mean(misfits, beside)
    share = wrong / (wrong + np.float32(CERTAIN) * _mean(errors, near > 0) + np.float32(TINY))
    share /= 1 + (_strange(part, seen, near > 0, bands) / np.float32(FOREIGN)) ** 2
    correction = np.asarray(_toned(near, missed, bands) * share[:, :, None], np.float32)
    return where, correction[inner][where]


def _strange(part: NDArray[np.float32], seen: Flags, near: NDArray[np.bool_], bands: Bands) -> NDArray[np.float32]:
    """How much the pixels right beside the hole differ from what those behind them continue to: about 1 at most, or it
    is the fringe of what was to be removed, left by a selection that is too small. Of squares, around each pixel.
    """
    beside = _beside(near, NEXT, seen)
    behind = seen & ~_beside(near, FRINGE, seen)
    depth = np.asarray(cv2.distanceTransform((behind == 0).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    depth[(beside == 0) | (depth > DEEPEST)] = 0
    expected, errors = continued(part, behind, depth, bands)
    counted = depth > 0
    means = [_mean(part[:, :, k] - expected[:, :, k], counted) for k in range(part.shape[2])]
    off = np.sum([mean**2 for mean in means], axis=0, dtype=np.float32)
    return off / (_mean(errors, counted) + np.float32(TINY))


def _beside(near: NDArray[np.bool_], reach: Flags, seen: Flags) -> Flags:
    """The seen pixels in reach of those."""
    return np.asarray(cv2.dilate(near.astype(np.uint8), reach), np.uint8) & seen


def _mean(values: NDArray[np.float32], of: NDArray[np.bool_] | Flags) -> NDArray[np.float32]:
    """Around each pixel, of those that count."""
    counted = of.astype(np.float32)
    total, weight = (cv2.GaussianBlur(one, (0, 0), AROUND) for one in (values * counted, counted))
    return np.asarray(total / np.maximum(weight, np.float32(1e-6)), np.float32)


def _toned(depth: NDArray[np.float32], missed: NDArray[np.float32], bands: Bands) -> NDArray[np.float32]:
    """The means of what is missed along the border, faded inwards, (H, W, C); depth: (H, W), 0 outside the hole.

    A pixel is shared by the two layers, of a pixel's depth each, that it lies between; each is blurred for itself, as
    in a bilateral grid (Chen, Paris & Durand, SIGGRAPH 2007).
    """

    def blurred(layer: int, _bands: Bands) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        mine = np.maximum(1 - np.abs(depth - np.float32(layer + 0.5)), np.float32(0)) * (depth > 0)
        if not mine.any():
            return None
        means = np.asarray(cv2.GaussianBlur(missed * mine[:, :, None], (0, 0), ALONG), np.float32)
        counted = np.asarray(cv2.GaussianBlur(mine, (0, 0), ALONG), np.float32)
        return means.reshape(missed.shape) * mine[:, :, None], counted * mine

    total, weight = np.zeros_like(missed), np.zeros_like(depth)
    for one in bands.each(blurred, range(int(DEEPEST) + 1)):
        if one is not None:
            total += one[0]
            weight += one[1]
    inwards = np.clip((depth - np.float32(FLAT)) / np.float32(DEEPEST - FLAT), 0, 1)
    share = np.cos(np.pi / 2 * inwards) ** 2 / np.maximum(weight, np.float32(TINY))
    return total * share.astype(np.float32)[:, :, None]

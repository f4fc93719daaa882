"""Gives the pixels of a hole near the known picture as much fine detail as that has: means of pieces are smoother.

The energy of the band that a Gaussian blur takes away is brought to the wanted one by a gain for each place: matching
the local variance of a subband (Heeger & Bergen, Pyramid-Based Texture Analysis/Synthesis, SIGGRAPH 1995, whose
histograms it leaves out).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compiled import Bands
from .matching import Flags
from .tiles import Tile, padded, within

FINE = 1.5  # pixels, Gaussian sigma: what it takes away is fine detail
AROUND = 8.0  # pixels, Gaussian sigma: the window in which its energy is compared
MOST = 1.4  # times the detail that is there
ENOUGH = 0.1  # share of the window that is known, from which on it is trusted
EVEN = 2.0  # pixels, Gaussian sigma: the gain changes no faster
RIM = np.ones((5, 5), np.uint8)  # known pixels so near the hole do not count: an edge lies there
MARGIN = 48  # pixels around a tile: more than what the gain of a pixel depends on
TINY = np.float32(1e-7)  # of energy: a twelfth of a level of 8 bit is no detail


def enliven(picture: NDArray[np.float32], hole: Flags, known: Flags, tiles: Sequence[Tile], bands: Bands) -> None:
    """Raise the fine detail of the hole's pixels in place, by at most MOST; no other pixel changes.

    picture: (H, W, C), C 1 or 3, encoded, filled, of any range. Where nothing within 42 pixels is known, or has more
    detail than the hole, it stays as it is to the bit; from 10 pixels of a straight border on the gain fades. hole,
    known: (H, W) 0 or 1. tiles: rows and columns that hold the hole; what becomes of one depends on no other, and on no
    number of threads.
    """
    added = bands.each(lambda tile, _: _added(picture, hole, known, tile), tiles)
    for (rows, columns), more in zip(tiles, added, strict=True):
        picture[rows, columns][hole[rows, columns] == 1] += more


def _added(picture: NDArray[np.float32], hole: Flags, known: Flags, tile: Tile) -> NDArray[np.float32]:
    """What the hole's pixels in a tile get, (n, C)."""
    place = padded(tile, MARGIN, hole.shape)
    inside, seen = hole[place], known[place]
    fine = _fine(picture[place], inside | seen)
    near = seen.astype(np.float32) * (cv2.dilate(inside, RIM) == 0)
    more = _more(np.square(fine).sum(axis=2, dtype=np.float32), inside.astype(np.float32), near)
    inner = within(tile, place)
    chosen = inside[inner] == 1
    return np.asarray(fine[inner][chosen] * more[inner][chosen][:, None], np.float32)


def _fine(part: NDArray[np.float32], shown: Flags) -> NDArray[np.float32]:
    """What a blur of the shown pixels takes from them, (h, w, C); 0 elsewhere, where nothing is read."""
    weight = shown.astype(np.float32)
    colors = np.where(shown[:, :, None] == 1, part, np.float32(0))
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), FINE), np.float32(1e-6))
    blurred = cv2.GaussianBlur(colors, (0, 0), FINE).reshape(part.shape) / share[:, :, None]
    return np.asarray((colors - blurred) * weight[:, :, None], np.float32)


def _more(energy: NDArray[np.float32], inside: NDArray[np.float32], near: NDArray[np.float32]) -> NDArray[np.float32]:
    """So many times the fine detail is added, 0 to MOST - 1, (h, w). energy: of the fine detail. inside: 1 in the hole;
    near: 1 where the detail is as it should be.
    """
    (wanted, told), (have, _) = (_mean(energy, weight) for weight in (near, inside))
    gain = np.clip(np.sqrt((wanted + TINY) / (have + TINY)), 1, np.float32(MOST))
    trust = np.clip(told / np.float32(ENOUGH), 0, 1)
    return np.asarray(cv2.GaussianBlur((gain - 1) * trust, (0, 0), EVEN), np.float32)


def _mean(values: NDArray[np.float32], weight: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Around each pixel, of those that count; and what share of the window they are."""
    total, share = (cv2.GaussianBlur(one, (0, 0), AROUND) for one in (values * weight, weight))
    return np.asarray(total / np.maximum(share, np.float32(1e-6)), np.float32), np.asarray(share, np.float32)

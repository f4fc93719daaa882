"""The picture at ever smaller sizes, and at each of them what is missing, what may be looked at and what copied."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .matching import RADIUS, SIDE, Flags

COARSEST = 5.0  # pixels from the known picture to the middle of the hole, at the coarsest size
LEAST = 24  # pixels: the shorter side of the coarsest size
FEWEST = 60  # source patches of the coarsest size
PATCH = np.ones((SIDE, SIDE), np.uint8)


@dataclass(frozen=True)
class Level:
    """One size. All (rows, columns): features int16 with a last axis of 4; the others uint8 0 or 1.

    hole: to be filled. known: has a colour, its own or filled before. usable: may be copied from. target: centres of
    the patches that say what the hole becomes. source: centres of patches to copy from. own: how many columns are the
    picture itself; what stands to the right of them are further examples.
    """

    features: NDArray[np.int16]
    hole: Flags
    known: Flags
    usable: Flags
    target: Flags
    source: Flags
    own: int

    @property
    def depth(self) -> NDArray[np.float32]:
        """How far each pixel of the hole is from the known picture, pixels."""
        return np.asarray(cv2.distanceTransform(self.hole, cv2.DIST_L2, 5), np.float32)


def level(features: NDArray[np.int16], hole: Flags, known: Flags, usable: Flags, own: int) -> Level:
    """With the centres worked out. A patch lies within the picture, and holds nothing but what is known or the hole."""
    foreign = ((hole | known) == 0).astype(np.uint8)
    target = _inside(_dilated(hole) & (1 - _dilated(foreign)))
    source = _inside(1 - _dilated(1 - usable))
    return Level(features, hole, known, usable, target, source, own)


def pyramid(finest: Level) -> list[Level]:
    """From the finest to the coarsest size, each half of the one before."""
    levels = [finest]
    while float(levels[-1].depth.max()) > COARSEST:
        smaller = _half(levels[-1])
        if min(smaller.hole.shape) < LEAST or int(smaller.source.sum()) < FEWEST or not smaller.target.any():
            break
        levels.append(smaller)
    return levels


def _half(fine: Level) -> Level:
    """Each pixel is the mean of the known ones of its four; it is part of the hole where most of them are."""
    height, width = fine.hole.shape
    padding = ((0, height % 2), (0, width % 2))
    hole, known, usable = (np.pad(one, padding) for one in (fine.hole, fine.known, fine.usable))
    share = _quarters(known)
    missing, free = _quarters(hole), _quarters(usable)
    small_hole = (missing > share).astype(np.uint8)
    small_known = ((share >= missing) & (share >= 2)).astype(np.uint8)
    small_usable = ((free >= 2) & (free == share) & (small_known == 1)).astype(np.uint8)
    small = np.empty((*share.shape, fine.features.shape[2]), np.int16)
    for channel in range(fine.features.shape[2]):
        values = np.pad(fine.features[:, :, channel], padding).astype(np.int32)
        values *= known
        total = values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]
        small[:, :, channel] = np.rint(total / np.maximum(share, 1))
    return level(small, small_hole, small_known, small_usable, (fine.own + 1) // 2)


def _quarters(flags: Flags) -> Flags:
    return flags[::2, ::2] + flags[1::2, ::2] + flags[::2, 1::2] + flags[1::2, 1::2]


def _dilated(flags: Flags) -> Flags:
    return np.asarray(cv2.dilate(flags, PATCH), np.uint8)


def _inside(centers: Flags) -> Flags:
    inner = np.zeros(centers.shape, np.uint8)
    within = (slice(RADIUS, -RADIUS or None), slice(RADIUS, -RADIUS or None))
    inner[within] = centers[within]
    return inner

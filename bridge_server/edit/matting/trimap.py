"""From a rough share to what is known of it: surely of the subject, surely not, and a band between them to solve."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .guided import Share

INWARDS, OUTWARDS = 3, 3  # pixels of the network: so far from the contour nothing is known
UNSURE = (0.05, 0.95)  # between them the network itself does not know, and the band is wider:
REACH = 12  # pixels of the network, from the contour
AROUND = 2  # pixels of the network, of what is unsure
OFF = 0.1  # of alpha: where what was learned differs by more from what is known, that is not known

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Trimap:
    """inside, unknown: (h, w); what is in neither is outside."""

    inside: Flags
    unknown: Flags


def make_trimap(share: Share, threshold: float, pixel: float) -> Trimap:
    """share: (h, w) 0 to 1. pixel: how many of its pixels one of the network's is, any number above 0.

    Away from the contour at the threshold the network decides, however unsure it is of a surface there.
    """
    core = (share > threshold).astype(np.uint8)
    depth, away = (cv2.distanceTransform(part, cv2.DIST_L2, cv2.DIST_MASK_5) for part in (core, 1 - core))
    if core.all() or not core.any():  # no contour to be near to
        return Trimap(core > 0, np.zeros(core.shape, np.bool_))
    distance = np.where(core > 0, depth, away)
    unsure = ((share > UNSURE[0]) & (share < UNSURE[1])).astype(np.uint8)
    side = 2 * max(1, round(AROUND * pixel)) + 1
    wide = (cv2.dilate(unsure, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0) & (
        distance < max(2.0, REACH * pixel)
    )
    width = np.where(core > 0, max(2.0, INWARDS * pixel), max(2.0, OUTWARDS * pixel))
    unknown = wide | (distance < width)
    return Trimap((core > 0) & ~unknown, unknown)


def with_learned(trimap: Trimap, learned: Share) -> Trimap:
    """With a wider band where the refiner, which says `learned` (h, w) 0 to 1, is of another opinion."""
    if not trimap.unknown.any():  # no contour to be near to
        return trimap
    off = np.abs(learned - trimap.inside.astype(np.float32)) > OFF
    unknown = trimap.unknown | (cv2.dilate(off.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
    return Trimap(trimap.inside & ~unknown, unknown)

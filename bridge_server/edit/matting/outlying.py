"""Hair that reaches further than the network sees: what lies near the subject and is not like the background there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .guided import Share
from .trimap import Flags, Trimap

REACH = 14  # pixels of the network, from the contour; what is further is taken for background
AROUND = 24  # pixels of the network: the background of a pixel is what lies so near, and beyond REACH
UNLIKE = 16.0  # squared deviations from its colours (of a normal distribution 0.1 % are beyond)
NOISE = 0.02  # of encoded values, the least deviation
ENOUGH = 1e-3  # of a window, that background must be

Floats = NDArray[np.float32]


def with_outlying(picture: Image, share: Share, trimap: Trimap, threshold: float, pixel: float) -> Trimap:
    """The trimap with a wider band where something of another colour than the background begins at the subject.

    picture: (h, w, 3), share: (h, w), as in `make_trimap`.
    """
    core = share > threshold
    if not trimap.unknown.any():
        return trimap
    away = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) / pixel
    unlike = _unlike(picture, (away > REACH).astype(np.float32), ~core & (away < REACH), pixel)
    side = 2 * max(1, round(pixel / 2)) + 1
    grown = cv2.dilate(unlike.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    _, parts = cv2.connectedComponents((grown | core | trimap.unknown).astype(np.uint8), connectivity=8)
    parts = np.asarray(parts, np.int32)
    begins = np.zeros(int(parts.max()) + 1, np.bool_)
    begins[np.unique(parts[core])] = True
    unknown = trimap.unknown | (grown & begins[parts])
    return Trimap(trimap.inside & ~unknown, unknown)


def _unlike(picture: Image, ground: Floats, asked: Flags, pixel: float) -> Flags:
    """Where, of what is asked for, the colour is none of the ground's (h, w, 1 where it is) around: Mahalanobis."""
    side = 2 * max(1, round(AROUND * pixel)) + 1

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    weight = mean(ground)
    asked = asked & (weight > ENOUGH)
    share = weight[asked]
    channels = [np.ascontiguousarray(picture[:, :, channel]) for channel in range(3)]
    means = [mean(channel * ground)[asked] / share for channel in channels]
    spread = np.empty((share.size, 3, 3), np.float32)
    for one in range(3):
        for other in range(one, 3):
            both = mean(channels[one] * channels[other] * ground)[asked] / share - means[one] * means[other]
            spread[:, one, other] = spread[:, other, one] = both + (NOISE * NOISE if one == other else 0)
    off = picture[asked] - np.stack(means, axis=1)
    found = np.zeros(asked.shape, np.bool_)
    solved = np.linalg.solve(spread.astype(np.float64), off[:, :, np.newaxis].astype(np.float64))[:, :, 0]
    found[asked] = np.einsum("nc,nc->n", off, solved) > UNLIKE
    return found

"""What the colours known nearby say of a pixel's alpha, and how surely.

For each unknown pixel some colours of the subject and some of the background are taken from where the band ends, and
the pair that explains the pixel's own colour best says its alpha (after Gastal and Oliveira: "Shared Sampling for
Real-Time Alpha Matting", 2010). The matting Laplacian then smooths what they say.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .trimap import Flags, Trimap

AWAY = 10  # pixels of the network, of the further places that a pixel looks from for known ones
DIRECTIONS = 4
NOISE = 0.03  # of encoded values: a colour that is explained as well as that is explained
APART = 0.15  # of encoded values: colours of subject and background that differ by less say nothing
FAR = 0.15  # what ten of the network's pixels of distance cost, beside a colour off by NOISE
SMOOTHED = 1.5  # pixels: known colours are means of what is near, without its grain

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Sampled:
    """alpha and confidence, 0 to 1, of the unknown pixels in raster order."""

    alpha: Floats
    confidence: Floats


def sample_alpha(picture: Image, trimap: Trimap, pixel: float) -> Sampled:
    """pixel: how many of the picture's (h, w, 3) one of the network's is."""
    rows, columns = np.nonzero(trimap.unknown)
    outside = ~trimap.inside & ~trimap.unknown
    nothing = np.zeros(rows.size, np.float32)
    if not trimap.inside.any() or not outside.any() or not rows.size:
        return Sampled(nothing, nothing)
    places = _places(pixel)
    own = picture[rows, columns]
    subjects, grounds = (_colors(picture, known, rows, columns, places, pixel) for known in (trimap.inside, outside))
    least = np.full(rows.size, np.inf, np.float32)
    alpha, confidence = nothing.copy(), nothing.copy()
    for subject, from_subject in subjects:
        for ground, from_ground in grounds:
            way = subject - ground
            length = np.einsum("nc,nc->n", way, way)
            share = np.clip(np.einsum("nc,nc->n", own - ground, way) / (length + np.float32(1e-4)), 0, 1)
            missed = own - ground - share[:, np.newaxis] * way
            error = np.einsum("nc,nc->n", missed, missed) / np.float32(NOISE * NOISE)
            alike = np.exp(-length / np.float32(2 * 0.1**2))
            cost = np.sqrt(error) + np.float32(FAR) * (from_subject + from_ground) + np.float32(0.5) * alike
            better = cost < least
            least[better], alpha[better] = cost[better], share[better]
            sure = np.exp(-error / 2) * (1 - np.exp(-length / np.float32(2 * APART**2)))
            confidence[better] = sure[better]
    return Sampled(alpha, confidence)


def _places(pixel: float) -> list[tuple[int, int]]:
    """Down and across from a pixel: itself, and some places around."""
    turns = (2 * np.pi * (number + 0.5) / DIRECTIONS for number in range(DIRECTIONS))
    away = AWAY * pixel
    return [(0, 0), *((round(away * np.sin(turn)), round(away * np.cos(turn))) for turn in turns)]


def _colors(
    picture: Image, known: Flags, rows: Indices, columns: Indices, places: list[tuple[int, int]], pixel: float
) -> list[tuple[Floats, Floats]]:
    """For each place: the colour (n, 3) of the known pixel that is nearest to there, and how far it is from here."""
    height, width = known.shape
    nearest = _nearest(known)
    colors = _smoothed(picture, known).reshape(-1, 3)
    found: list[tuple[Floats, Floats]] = []
    for down, across in places:
        chosen = nearest[np.clip(rows + down, 0, height - 1), np.clip(columns + across, 0, width - 1)]
        distance = np.hypot(chosen // width - rows, chosen % width - columns) / (10 * pixel)
        found.append((colors[chosen], distance.astype(np.float32)))
    return found


def _nearest(known: Flags) -> Indices:
    """(h, w): the flat index of the known pixel that is nearest."""
    _, found = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    labels = np.asarray(found, np.int32)
    which = np.zeros(int(labels.max()) + 1, np.intp)
    which[labels[known]] = np.flatnonzero(known)
    return which[labels]


def _smoothed(picture: Image, known: Flags) -> Floats:
    """The mean colour (h, w, 3) of the known pixels around each."""
    share = known.astype(np.float32)
    total = cv2.GaussianBlur(picture * share[:, :, np.newaxis], (0, 0), SMOOTHED)
    weight = cv2.GaussianBlur(share, (0, 0), SMOOTHED)
    return np.asarray(total / np.maximum(weight, np.float32(1e-6))[:, :, np.newaxis], np.float32)

"""How unlike each pixel's colour is what surely is background, and surely subject, around it.

Each is taken to be normally distributed in a window; the measure is Mahalanobis' distance from it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .guided import Share

NEAR, FAR = 12, 48  # pixels, half of two windows
NOISE = 0.02  # of encoded values, the least deviation
UNLIKE = 9.0  # squared deviations: what is more is left out of the background's colours in the wide window, once
ENOUGH = 0.01  # of a window, that must be known for half of the measure
CLEAREST = 6.0  # of the logarithm
SKIPPED = 2  # of so many pixels across and down one is counted
AT_ONCE = 4  # channels that OpenCV makes smaller by any ratio
SMALLER = 4  # times: so much smaller are the pictures that windows are averaged in, since they are smooth
STRIP = 32  # rows at a time: what they need stays in the processor's cache
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))  # of channels

Floats = NDArray[np.float32]


def unlikeness(picture: Image, share: Share) -> Floats:
    """(h, w, 4) 0 to 1: unlike the background near and far, unlike the subject near and far; 0 where none is known.

    picture: (h, w, 3) float32; share: (h, w) 0 to 1, a half where the contour is.
    """
    ground, subject = np.clip(1 - 2 * share, 0, 1), np.clip(2 * share - 1, 0, 1)
    seen = picture[::SKIPPED, ::SKIPPED]
    products = np.dstack([seen, *(seen[:, :, i] * seen[:, :, j] for i, j in PAIRS)])
    far, _ = _distance(picture, products, ground, FAR)
    found = [
        _distance(picture, products, ground, NEAR),
        _distance(picture, products, ground * (far < UNLIKE), FAR),
        _distance(picture, products, subject, NEAR),
        _distance(picture, products, subject, FAR),
    ]
    scaled = [np.minimum(np.log1p(unlike), CLEAREST) / CLEAREST * (known / (known + ENOUGH)) for unlike, known in found]
    return np.dstack(scaled).astype(np.float32, copy=False)


def _distance(picture: Image, products: Floats, weight: Floats, radius: int) -> tuple[Floats, Floats]:
    """Squared, (h, w); and how much of each window is known."""
    height, width = weight.shape
    size = max(1, width // SMALLER), max(1, height // SMALLER)
    side = 2 * max(1, radius // SMALLER) + 1
    weight = weight[::SKIPPED, ::SKIPPED]
    seen = np.dstack([products * weight[:, :, np.newaxis], weight])
    parts = (seen[:, :, first : first + AT_ONCE] for first in range(0, seen.shape[2], AT_ONCE))
    small = np.dstack([cv2.resize(np.ascontiguousarray(part), size, interpolation=cv2.INTER_AREA) for part in parts])
    means = np.asarray(cv2.blur(small, (side, side), borderType=cv2.BORDER_REFLECT_101), np.float32)
    known = means[:, :, 9]
    means = means[:, :, :9] / np.maximum(known, np.float32(1e-6))[:, :, np.newaxis]
    center = [means[:, :, channel] for channel in range(3)]
    spread = [means[:, :, 3 + number] - center[i] * center[j] for number, (i, j) in enumerate(PAIRS)]
    a, b, c, d, e, f = (
        one + np.float32(NOISE * NOISE if i == j else 0) for one, (i, j) in zip(spread, PAIRS, strict=True)
    )
    cofactors = d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b
    whole = np.maximum(a * cofactors[0] + b * cofactors[1] + c * cofactors[2], np.float32(1e-12))
    model = np.dstack([*center, *(cofactor / whole for cofactor in cofactors), known])
    large = np.asarray(cv2.resize(model, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    unlike = np.empty((height, width), np.float32)
    for top in range(0, height, STRIP):
        rows = slice(top, top + STRIP)
        planes = np.ascontiguousarray(large[rows].transpose(2, 0, 1))
        off = np.ascontiguousarray(picture[rows].transpose(2, 0, 1)) - planes[:3]
        squares = np.zeros(off.shape[1:], np.float32)
        for number, (i, j) in enumerate(PAIRS):
            part = planes[3 + number] * off[i]
            part *= off[j]
            squares += part if i == j else np.multiply(part, np.float32(2), out=part)
        unlike[rows] = squares
    return np.maximum(unlike, np.float32(0)), np.maximum(large[:, :, 9], np.float32(0))

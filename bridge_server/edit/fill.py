"""Filling what is not known, so that the model starts from a smooth continuation of the picture.

Pull-push (Gortler et al., The Lumigraph, SIGGRAPH 1996): known pixels are averaged into ever smaller pictures, each
hole takes its colour from the first one that has any, and the colours are spread back with interpolation.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .source import Image

NEUTRAL = 0.5  # where nothing at all is known


def fill_unknown(image: Image, weight: NDArray[np.float32]) -> Image:
    """A smooth picture (h, w, 3) made of the known pixels of `image`; weight (h, w) 0 to 1: how well each is known."""
    levels = [np.dstack((image * weight[:, :, np.newaxis], weight))]
    while max(levels[-1].shape[:2]) > 1 and float(levels[-1][:, :, 3].min()) < 1.0:
        levels.append(_pull(levels[-1]))
    top = levels.pop()
    filled = _color(top, np.full(3, NEUTRAL, np.float32))
    while levels:
        level = levels.pop()
        height, width = level.shape[:2]
        below = np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        filled = _color(level, below)
    return filled


def _pull(level: NDArray[np.float32]) -> NDArray[np.float32]:
    """Half the size; a pixel with one known one below it counts as known, so that colours do not fade with distance."""
    height, width = level.shape[:2]
    half = cv2.resize(level, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    confidence = half[:, :, 3:]
    half *= np.minimum(1.0, 4.0 * confidence) / np.maximum(confidence, 1e-9)
    return half


def _color(level: NDArray[np.float32], below: Image) -> Image:
    """The level's own colour as far as it has one, and what lies below for the rest."""
    unknown = np.subtract(1.0, level[:, :, 3:], dtype=np.float32)
    return level[:, :, :3] + below * unknown

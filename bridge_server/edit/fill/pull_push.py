"""Filling what is not known, so that the model starts from a smooth continuation of the picture.

Pull-push (Gortler et al., The Lumigraph, SIGGRAPH 1996): known pixels are averaged into ever smaller pictures, each
hole takes its colour from the first one that has any, and the colours are spread back with interpolation.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image

STRIP = 32  # rows
NEUTRAL = 0.5  # where nothing at all is known


def fill_unknown(image: Image, weight: NDArray[np.float32], cell: int) -> Image:
    """A smooth picture (h, w, 3) made of the known pixels of `image`; weight (h, w) 0 to 1: how well each is known.

    cell: NativeSize.cell; details below half of it are lost in the first noise.
    """
    height, width, finest = *weight.shape, cell // 2
    size = (-(-width // finest), -(-height // finest))
    color = cv2.resize(weighted(image, weight), size, interpolation=cv2.INTER_AREA)
    known = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    return _enlarge(spread(np.asarray(color, np.float32), np.asarray(known, np.float32), NEUTRAL), width, height)


def spread(color: Image, known: NDArray[np.float32], nothing: float) -> Image:
    """The continuation (h, w, 3) of `color` (h, w, 3), which is multiplied by how well it is known (h, w), 0 to 1.

    nothing: the value of all channels where nothing at all is known.
    """
    levels = [_confident(color, known)]
    while max(levels[-1][1].shape) > 1 and float(levels[-1][1].min()) < 1.0:
        levels.append(_pull(*levels[-1]))
    filled = np.full((*levels[-1][1].shape, 3), nothing, np.float32)
    for level, confidence in reversed(levels):
        height, width = confidence.shape
        below = weighted(_enlarge(filled, width, height), np.float32(1.0) - confidence)
        filled = np.asarray(cv2.add(level, below, dst=below), np.float32)
    return filled


def weighted(image: Image, weight: NDArray[np.float32]) -> Image:
    """(h, w, 3) times (h, w)."""
    product = np.empty(image.shape, np.float32)
    for rows in strips(image.shape[0]):
        part = weight[rows]
        cv2.multiply(image[rows], cv2.merge((part, part, part)), dst=product[rows])
    return product


def strips(height: int) -> Iterator[slice]:
    """Rows to work on at a time, so that what is made of them stays in the processor's cache."""
    return (slice(top, min(height, top + STRIP)) for top in range(0, height, STRIP))


Level = tuple[Image, NDArray[np.float32]]  # colours, multiplied by how well they are known; and that


def _pull(color: Image, known: NDArray[np.float32]) -> Level:
    height, width = known.shape
    size = ((width + 1) // 2, (height + 1) // 2)
    half, half_known = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (color, known))
    return _confident(np.asarray(half, np.float32), np.asarray(half_known, np.float32))


def _confident(color: Image, known: NDArray[np.float32]) -> Level:
    """A pixel of which a quarter is known counts as known, so that colours do not fade with the distance."""
    factor = np.minimum(4.0, np.float32(1.0) / np.maximum(known, np.float32(1e-9)), dtype=np.float32)
    return weighted(color, factor), known * factor


def _enlarge(image: Image, width: int, height: int) -> Image:
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

"""A small network of ours that sees colours and the rough share and says how much of each pixel is of the subject.

It is a U-Net that learned this from drawn subjects whose alpha is known (starter_training/matting).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .guided import Share

FOLDED = 2  # pixels across and down that it sees at one place
COARSEST = 32  # pixels that it sees at one place of its coarsest level: sides are multiples of it
SEEN, MADE = "folded", "alpha"  # of its file: what goes in, and what comes out

Floats = NDArray[np.float32]


class Refiner:
    """Of an ONNX file."""

    def __init__(self, path: Path) -> None:
        self._net = cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))  # Windows: not every path opens

    def refine(self, picture: Image, share: Share) -> Share:
        """(h, w) 0 to 1. picture: (h, w, 3) sRGB 0 to 1; share: (h, w) 0 to 1, a half where the contour is."""
        height, width = share.shape
        below, right = -height % COARSEST, -width % COARSEST
        seen = cv2.copyMakeBorder(np.dstack([picture, share]), 0, below, 0, right, cv2.BORDER_REPLICATE)
        self._net.setInput(folded(np.clip(np.asarray(seen, np.float32), 0, 1))[np.newaxis], SEEN)
        found = np.asarray(self._net.forward(MADE), np.float32)[0]
        return np.clip(unfolded(found)[:height, :width], 0.0, 1.0)


def folded(values: Floats) -> Floats:
    """(2h, 2w, n) -> (4n, h, w): of each channel the four pixels of a place, by row."""
    height, width, channels = values.shape
    places = values.transpose(2, 0, 1).reshape(channels, height // FOLDED, FOLDED, width // FOLDED, FOLDED)
    across = places.transpose(0, 2, 4, 1, 3)
    return np.ascontiguousarray(across.reshape(channels * FOLDED**2, height // FOLDED, width // FOLDED))


def unfolded(values: Floats) -> Floats:
    """(4, h, w) -> (2h, 2w)."""
    _, height, width = values.shape
    places = values.reshape(FOLDED, FOLDED, height, width).transpose(2, 0, 3, 1)
    return np.ascontiguousarray(places.reshape(height * FOLDED, width * FOLDED))

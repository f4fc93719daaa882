"""A small network of ours that sees colours, the rough share and how unlike each pixel is what lies around, and says
how much of each pixel is of the subject.

It is a U-Net that learned this from drawn subjects whose alpha is known (starter_training/matting).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .guided import Share
from .likeness import unlikeness

FOLDED = 2  # pixels across and down that it sees at one place
COARSEST = 32  # pixels that it sees at one place of its coarsest level: sides are multiples of it
SEEN, MADE = "folded", "added"  # of its file: what goes in, and what comes out
PRIOR = 4.0  # of alpha's logit, where the share is 1; less that where it is 0: the network adds to it

Floats = NDArray[np.float32]


class Refiner:
    """Of an ONNX file."""

    def __init__(self, path: Path) -> None:
        self._net = cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))  # Windows: not every path opens

    def refine(self, picture: Image, share: Share, check: Callable[[], None]) -> Share:
        """(h, w) 0 to 1. picture: (h, w, 3) sRGB 0 to 1; share: (h, w) 0 to 1, a half where the contour is.

        Raises what `check` raises.
        """
        height, width = share.shape
        below, right = -height % COARSEST, -width % COARSEST
        picture, share = np.clip(picture, 0, 1), np.clip(share, 0, 1)
        seen = np.dstack([picture, share, unlikeness(picture, share)])
        whole = np.asarray(cv2.copyMakeBorder(seen, 0, below, 0, right, cv2.BORDER_REPLICATE), np.float32)
        check()
        self._net.setInput(folded(whole)[np.newaxis], SEEN)
        added = unfolded(np.asarray(self._net.forward(MADE), np.float32)[0])[:height, :width]
        return np.asarray(1 / (1 + np.exp(-added - np.float32(PRIOR) * (2 * share - 1))), np.float32)


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

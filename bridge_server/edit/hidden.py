"""Colours in the place of those that transparency hides, for whatever looks at the pixels around a pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .fill import weighted
from .source import Image

NEUTRAL = 0.5  # of all channels, far from anything that is not wholly transparent
NEAR, SOFTLY = (19, 19), 3.0  # pixels: the window and deviation of the mean that stands where nothing is to be seen


def without_hidden(color: Image, alpha: NDArray[np.float32]) -> Image:
    """(h, w, 3) and its alpha (h, w) -> what is wholly transparent takes the colours that are near, so that no hidden
    one is drawn into what is seen.
    """
    known = (alpha > 0).astype(np.float32)
    if known.all():
        return color
    near = cv2.GaussianBlur(known, NEAR, SOFTLY)
    mean = cv2.GaussianBlur(weighted(color, known), NEAR, SOFTLY) + NEUTRAL * 1e-6
    filled = mean / (near + np.float32(1e-6))[:, :, np.newaxis]
    return np.where(known[:, :, np.newaxis] > 0, color, filled).astype(np.float32)

"""Where a picture is in focus. A blurred edge is what the matting Laplacian follows best by itself: nothing in it is
fine, and what was learned or is guessed makes it harder than it is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image

FINE, AROUND = 1.0, 4.0  # pixels, standard deviations: what a blur by the first takes away is fine; of a window
NOISE = 0.004  # of encoded values: what deviates by no more is flat
SHARP = (0.25, 0.4)  # share of a deviation that is fine: out of focus, in focus (a hard edge has 0.1, hair 0.2 to 0.6)

Floats = NDArray[np.float32]


def in_focus(picture: Image) -> Floats:
    """(h, w) 0 to 1: how much of what changes around a pixel of (h, w, 3) is fine. What is flat counts as in focus."""
    fine = _mean(_squares(picture - cv2.GaussianBlur(picture, (0, 0), FINE)))
    whole = np.maximum(_mean(_squares(picture)) - _squares(_mean(picture)), fine)
    share = np.sqrt((fine + np.float32(NOISE * NOISE)) / (whole + np.float32(NOISE * NOISE)))
    return np.clip((share - SHARP[0]) / (SHARP[1] - SHARP[0]), 0, 1).astype(np.float32)


def _squares(colors: Image) -> Floats:
    return np.asarray(np.einsum("ijc,ijc->ij", colors, colors), np.float32)


def _mean(values: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), AROUND), np.float32)

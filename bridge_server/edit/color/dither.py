"""From float to the document's integers, dithered so that smooth tones get no bands."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ACCURACY = 2e-6  # of full scale: what the float calculation leaves uncertain. So near to a code, a value is that code.


def quantise(values: Floats, full: int, dtype: np.dtype[Any], position: tuple[int, int] | None) -> NDArray[Any]:
    """(H, W, C) float32, clipped to 0 to 1 -> uint8 or uint16, of which `full` is the largest.

    position: document coordinates x, y of the first pixel, for ordered dither with one threshold for all channels, so
    that neutral stays neutral; the same pixel of the document always gets the same threshold. None: rounded.
    """
    scaled = np.clip(values, 0.0, 1.0)
    scaled *= np.float32(full)
    if position is None:
        scaled += np.float32(0.5)
        return scaled.astype(dtype)
    height, width, channels = values.shape
    limits = thresholds(width, height, position)
    limits *= np.float32(1 - 2 * ACCURACY * full)
    limits += np.float32(ACCURACY * full)
    scaled += np.asarray(cv2.merge([limits] * channels), np.float32).reshape(values.shape)
    return scaled.astype(dtype)


def thresholds(width: int, height: int, position: tuple[int, int]) -> Floats:
    """(height, width) float32, 0 to below 1: interleaved gradient noise of the document's pixels from `position` on.

    fract(52.9829189 fract(0.06711056 x + 0.00583715 y)), whose mean over any few neighbouring pixels is near a half:
    Jimenez, "Next Generation Post Processing in Call of Duty: Advanced Warfare", SIGGRAPH 2014.
    """
    x = np.modf(np.arange(position[0], position[0] + width) * 0.06711056)[0]
    y = np.modf(np.arange(position[1], position[1] + height) * 0.00583715)[0]
    noise = np.add.outer(y.astype(np.float32), x.astype(np.float32))
    noise -= np.floor(noise)
    noise *= np.float32(52.9829189)
    noise -= np.floor(noise)
    return noise

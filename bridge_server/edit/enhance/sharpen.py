"""Sharper, without halos: an unsharp mask of lightness that leaves noise alone and stays within the pixels around."""

from __future__ import annotations

import cv2
import numpy as np

from ..resample import NEIGHBORS
from ..source import Image

DEVIATION = 1.0  # pixels, of what counts as not sharp
WINDOW = (7, 7)
REACH = 4  # pixels that are looked at around each pixel
NOISE = 3.0  # times its deviation: detail of this strength is sharpened half as much
MOST = 1.2  # times the fine detail that is added at full strength


def sharpen(picture: Image, strength: float, noise: float) -> Image:
    """(h, w, 3) -> the same, sharper. strength: 0 to 1. noise: the deviation of the noise in the mean of the channels:
    detail that is no stronger is hardly changed.
    """
    lightness = picture.mean(axis=2, dtype=np.float32)
    detail = np.asarray(lightness - cv2.GaussianBlur(lightness, WINDOW, DEVIATION), np.float32)
    power = np.square(detail)
    detail *= power / (power + np.float32(max(NOISE * noise, 1e-4) ** 2)) * np.float32(MOST * strength)
    lowest, highest = cv2.erode(picture, NEIGHBORS), cv2.dilate(picture, NEIGHBORS)
    return np.clip(picture + detail[:, :, np.newaxis], lowest, highest, dtype=np.float32)

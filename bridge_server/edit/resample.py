"""Scaling without a shift and without ringing. Pixel centres lie at half-integers: the outer edges coincide."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

NEIGHBORS = np.ones((3, 3), np.uint8)
WHOLE = 1e-4  # sums of float32 miss 0 and 1 by less, and a step of 8 bit is forty times as much
LARGE = 2**24  # pixels: from there on channels are enlarged one after the other, which takes a third of the memory


def resize(array: NDArray[Any], width: int, height: int) -> NDArray[np.float32]:
    """(H, W) or (H, W, C) float32 -> the same at width by height; the array itself where it has that size already.

    An axis that shrinks is averaged over areas, so that no detail aliases. An axis that grows is interpolated by a
    bicubic spline, limited to the range of the pixel's neighbours, so that no edge gets a halo.
    """
    have_height, have_width = array.shape[:2]
    less_width, less_height = min(width, have_width), min(height, have_height)
    if (less_width, less_height) != (have_width, have_height):
        array = cv2.resize(array, (less_width, less_height), interpolation=cv2.INTER_AREA)
    if (less_width, less_height) != (width, height):
        array = _enlarge(array, width, height)
    return array


def resize_share(share: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """The same for a mask, or another share of 0 to 1 (H, W): where all around is 0 or 1, so is the result, exactly.

    Sums of areas make 0.9999999 of ones, at sizes that nobody can foresee. The array itself where it has that size.
    """
    resized = resize(share, width, height)
    if resized is share:
        return share
    resized[resized > 1 - WHOLE] = 1.0
    resized[resized < WHOLE] = 0.0
    return resized


def _enlarge(array: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    if array.ndim == 3 and width * height >= LARGE:
        whole = np.empty((height, width, array.shape[2]), np.float32)
        for channel in range(array.shape[2]):
            whole[:, :, channel] = _enlarge(np.ascontiguousarray(array[:, :, channel]), width, height)
        return whole
    enlarged = cv2.resize(array, (width, height), interpolation=cv2.INTER_CUBIC)
    lowest = cv2.resize(cv2.erode(array, NEIGHBORS), (width, height), interpolation=cv2.INTER_LINEAR)
    highest = cv2.resize(cv2.dilate(array, NEIGHBORS), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.min(cv2.max(enlarged, lowest, dst=lowest), highest, dst=highest), np.float32)

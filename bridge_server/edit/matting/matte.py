"""Fine alpha of a large picture: solved on the box of the subject at a megapixel, then at each pixel by its colours."""

from __future__ import annotations

import math
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ...plan.bounds import Bounds
from ..source import Image
from .closed_form import Check, solve_alpha
from .guided import Share, guide
from .outlying import with_outlying
from .strands import find_strands
from .trimap import make_trimap, with_learned

WORK_PIXELS = 1_000_000  # of the box, at most: what is solved
LOOKS = 3  # of the refiner, each with what it said in the one before
AROUND = 40  # pixels of the network, around what it found: so far hair is looked for
FINE_RADIUS, FINE_EPSILON = 2, 1e-5  # of bringing alpha to every pixel: solved pixels; squared encoded values
GAIN = 2.0  # of the rough share around its threshold: the fit leaves a haze, which this takes away
HAZE = 0.02  # of alpha at both ends: what is nearly nothing is nothing
STRIP = 256  # rows of a large picture at a time
LEAST = 3  # pixels of a side that can be solved


class Refine(Protocol):
    """What says how much of each pixel is of the subject, (h, w) 0 to 1: of a picture (h, w, 3) sRGB 0 to 1 and a rough
    share (h, w) 0 to 1 that is a half where the contour is.
    """

    def refine(self, picture: Image, share: Share, check: Check) -> Share: ...


def fine_alpha(picture: Image, share: Share, pixel: float, threshold: float, refiner: Refine, check: Check) -> Share:
    """How much of each pixel is of the subject, (H, W) float32 0 to 1.

    picture: (H, W, 3) float32 sRGB. share: (H, W) 0 to 1, where the network saw it. pixel: how many of the picture's
    one of the network's is, above 0. threshold: above 0, below 1; what has a greater share is of the subject. At most a
    megapixel is solved, whatever the size; every pixel then has its own alpha. Raises what `check` raises.
    """
    box = _box(share, threshold, round(AROUND * pixel) + 2)
    if box is None or min(box.width, box.height) < LEAST:
        return firm(share, threshold)
    rows, columns = slice(box.y, box.bottom), slice(box.x, box.right)
    near = picture[rows, columns]
    scale = min(1.0, math.sqrt(WORK_PIXELS / box.area))
    size = max(LEAST, round(box.width * scale)), max(LEAST, round(box.height * scale))
    small, rough = _small(near, size), _small(share[rows, columns], size)
    check()
    learned = _centered(rough, threshold)
    for _ in range(LOOKS):
        learned = refiner.refine(small, learned, check)
        check()
    trimap = with_outlying(small, rough, make_trimap(rough, threshold, pixel * scale), threshold, pixel * scale)
    check()
    strands = find_strands(small, rough, trimap, threshold, pixel * scale)
    check()
    alpha = solve_alpha(small, with_learned(trimap, learned), learned, strands, pixel * scale, check)
    whole = np.zeros(share.shape, np.float32)
    if scale == 1.0:
        whole[rows, columns] = alpha
    else:
        function = guide(small, alpha, FINE_RADIUS, FINE_EPSILON)
        for y in range(0, box.height, STRIP):
            check()
            strip = near[y : y + STRIP]
            whole[box.y + y : box.y + y + len(strip), columns] = function.rows(strip, y, box.height)
    return np.clip((whole - HAZE) / (1 - 2 * HAZE), 0.0, 1.0, out=whole)


def firm(share: Share, threshold: float) -> Share:
    """A share with twice the contrast, whose middle is at the threshold (above 0, below 1).

    More contrast near the ends: a share of 0 stays 0 and one of 1 stays 1 at every threshold.
    """
    gain = max(GAIN, 0.5 / min(threshold, 1 - threshold))
    return np.clip((share - np.float32(threshold)) * np.float32(gain) + np.float32(0.5), 0.0, 1.0)


def _centered(share: Share, threshold: float) -> Share:
    """A half at the threshold, by two straight lines."""
    below, above = share * np.float32(0.5 / threshold), (share - np.float32(1)) * np.float32(0.5 / (1 - threshold))
    return np.where(share < threshold, below, above + np.float32(1))


def _box(share: Share, threshold: float, around: int) -> Bounds | None:
    """Around what may be of the subject; None where nothing is."""
    x, y, width, height = cv2.boundingRect((share > threshold).astype(np.uint8))
    if not width:
        return None
    return Bounds(x, y, width, height).grow(around).intersect(Bounds(0, 0, share.shape[1], share.shape[0]))


def _small(array: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    if array.shape[1::-1] == size:
        return np.ascontiguousarray(array)
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.float32)

"""The subject's own colours where it is partly covered, so that no old background shines through.

picture = alpha · foreground + (1 - alpha) · background leaves both open where alpha is between 0 and 1. They are taken
to be smooth, and the less so the more alpha changes, and found from a picture of one pixel up to the whole (Germer,
Uelwer, Conrad, Harmeling: "Fast Multi-Level Foreground Estimation", ICPR 2020, equations 4 to 7).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image
from .closed_form import Check
from .guided import Share, stretched_rows

SMOOTH = 1e-5  # weight of two neighbours' difference, beside 1 of the picture's own equation
ALONG = 1.0  # and of alpha's difference between them
ROUNDS = 2  # of a level, and of those of at most
SMALL = 32  # pixels a side:
SMALL_ROUNDS = 10
PRIOR = 0.05  # weight of the colours found small, where a large picture's own pixels are solved
WORK_PIXELS = 1_000_000

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Colors:
    """foreground and background (h, w, 3) float32, of a picture that may be larger."""

    foreground: Image
    background: Image

    def rows(self, picture: Image, alpha: Share, first: int, height: int) -> Image:
        """The foreground (n, W, 3) of rows of the large picture, of which `first` is the first of `height`.

        The nearest to what was found small that explains each pixel; the picture itself where alpha is 1.
        """
        count, width = alpha.shape
        share = alpha[:, :, np.newaxis]
        fore = stretched_rows(self.foreground, first, count, height, width)
        back = stretched_rows(self.background, first, count, height, width)
        missed = picture - share * fore - (1 - share) * back
        fore += missed * (share / (share * share + (1 - share) * (1 - share) + PRIOR))
        np.clip(fore, min(0.0, float(picture.min())), max(1.0, float(picture.max())), out=fore)
        return np.where(share >= 1, picture, fore)


def estimate_colors(picture: Image, alpha: Share, check: Check) -> Colors:
    """picture: (H, W, 3) float32; alpha: (H, W) 0 to 1. At most a megapixel is solved. Raises what `check` raises."""
    height, width = alpha.shape
    scale = min(1.0, (WORK_PIXELS / (height * width)) ** 0.5)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    levels = [_averaged(np.dstack([picture, alpha]), size)]
    while max(levels[-1].shape[:2]) > 1:
        rows, columns = levels[-1].shape[:2]
        levels.append(_averaged(levels[-1], (max(1, (columns + 1) // 2), max(1, (rows + 1) // 2))))
    fore = back = levels[-1][:, :, :3]
    for level in reversed(levels):
        check()
        rows, columns = level.shape[:2]
        fore, back = (_enlarged(colors, columns, rows) for colors in (fore, back))
        rounds = SMALL_ROUNDS if max(rows, columns) <= SMALL else ROUNDS
        fore, back = _solved(level, fore, back, rounds)
    return Colors(fore, back)


def _solved(level: Floats, fore: Floats, back: Floats, rounds: int) -> tuple[Floats, Floats]:
    """level: (h, w, 4), colours and alpha. Of each pixel two unknowns a channel, its neighbours' as they are."""
    color, share = np.ascontiguousarray(level[:, :, :3]), np.ascontiguousarray(level[:, :, 3:])
    padded = cv2.copyMakeBorder(share, 1, 1, 1, 1, cv2.BORDER_REPLICATE)[:, :, np.newaxis]
    weights = [
        np.float32(SMOOTH) + np.float32(ALONG) * np.abs(share - near)
        for near in _neighbors(np.asarray(padded, np.float32))
    ]
    total = np.sum(weights, axis=0, dtype=np.float32)
    rest = 1 - share
    first, mixed, last = share * share + total, share * rest, rest * rest + total
    whole = first * last - mixed * mixed
    for _ in range(rounds):
        near_fore, near_back = _neighbors(_padded(fore)), _neighbors(_padded(back))
        for_fore, for_back = _weighted(weights, near_fore, share * color), _weighted(weights, near_back, rest * color)
        fore = np.asarray((last * for_fore - mixed * for_back) / whole, np.float32)
        back = np.asarray((first * for_back - mixed * for_fore) / whole, np.float32)
    low, high = np.minimum(0, color.min()), np.maximum(1, color.max())
    return np.clip(fore, low, high), np.clip(back, low, high)


def _weighted(weights: list[Floats], colors: list[Floats], more: Floats) -> Floats:
    for weight, color in zip(weights, colors, strict=True):
        more += weight * color
    return more


def _neighbors(padded: Floats) -> list[Floats]:
    """Of each pixel of an array with one more on each side: left, right, above, below."""
    return [padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1]]


def _padded(colors: Floats) -> Floats:
    return np.asarray(cv2.copyMakeBorder(colors, 1, 1, 1, 1, cv2.BORDER_REPLICATE), np.float32)


def _averaged(array: Floats, size: tuple[int, int]) -> Floats:
    if array.shape[1::-1] == size:
        return array
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.float32)


def _enlarged(colors: Floats, width: int, height: int) -> Floats:
    if colors.shape[1::-1] == (width, height):
        return colors
    return np.asarray(cv2.resize(colors, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)

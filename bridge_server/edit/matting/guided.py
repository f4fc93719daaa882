"""A share as a linear function of colour around each pixel: He, Sun, Tang: "Guided Image Filtering" (ECCV 2010).

Found in a small picture, the function is applied to the colours of the large one (He, Sun: "Fast Guided Filter", 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image

Share = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Guided:
    """share = slopes · color + offset; slopes (h, w, 3) and offset (h, w) float32 of the small picture."""

    slopes: NDArray[np.float32]
    offset: Share

    def rows(self, picture: Image, first: int, height: int) -> Share:
        """The share (n, W) 0 to 1 of rows of the large picture (n, W, 3), of which `first` is the first of `height`."""
        count, width = picture.shape[:2]
        slopes = stretched_rows(self.slopes, first, count, height, width)
        share = stretched_rows(self.offset, first, count, height, width)
        share += np.einsum("ijc,ijc->ij", slopes, picture)
        return np.clip(share, 0.0, 1.0, out=share)


def guide(picture: Image, share: Share, radius: int, epsilon: float) -> Guided:
    """By least squares in windows of 2 radius + 1 pixels, each pixel's function the mean of its windows'.

    picture: (h, w, 3), share: (h, w), float32. epsilon: of squared values: colours that differ by less are one surface.
    """

    def mean(values: Doubles) -> Doubles:
        return np.asarray(cv2.blur(values, (2 * radius + 1, 2 * radius + 1)), np.float64)

    colors = [picture[:, :, channel].astype(np.float64) for channel in range(3)]
    values = share.astype(np.float64)
    means, level = [mean(color) for color in colors], mean(values)
    with_share = [mean(color * values) - own * level for color, own in zip(colors, means, strict=True)]

    def spread(i: int, j: int) -> Doubles:
        return mean(colors[i] * colors[j]) - means[i] * means[j] + (epsilon if i == j else 0.0)

    a, b, c, d, e, f = (spread(*pair) for pair in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    # the inverse of a symmetric 3 x 3 matrix, by its cofactors
    first = (d * f - e * e, c * e - b * f, b * e - c * d)
    second = (first[1], a * f - c * c, b * c - a * e)
    third = (first[2], second[2], a * d - b * b)
    whole = a * first[0] + b * first[1] + c * first[2]
    slopes = [_product(row, with_share) / whole for row in (first, second, third)]
    offset = level - _product(slopes, means)
    return Guided(
        np.stack([mean(slope) for slope in slopes], axis=2).astype(np.float32), mean(offset).astype(np.float32)
    )


def _product(one: Sequence[Doubles], other: Sequence[Doubles]) -> Doubles:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def stretched_rows(small: NDArray[np.float32], first: int, count: int, height: int, width: int) -> NDArray[np.float32]:
    """Rows `first` to `first + count` of a small array (h, w) or (h, w, C) enlarged to height by width, bilinear.

    The same values whatever rows are asked for at a time. Pixel centres lie at half-integers.
    """
    have = small.shape[0]
    if (have, small.shape[1]) == (height, width):
        return small[first : first + count].copy()
    places = np.clip((np.arange(first, first + count) + 0.5) * (have / height) - 0.5, 0, have - 1)
    above = np.floor(places).astype(np.intp)
    below = np.minimum(above + 1, have - 1)
    share = (places - above).astype(np.float32).reshape(-1, *([1] * (small.ndim - 1)))
    rows = small[above] + (small[below] - small[above]) * share
    return np.asarray(cv2.resize(rows, (width, count), interpolation=cv2.INTER_LINEAR), np.float32)

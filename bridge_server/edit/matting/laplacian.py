"""The matting Laplacian of a band of pixels (Levin, Lischinski, Weiss: "A Closed-Form Solution to Natural Image
Matting", TPAMI 2008, equation 12).

In every window of 3 x 3 pixels alpha is taken to be a linear function of colour. What a given alpha misses of that,
summed over the windows, is alpha' L alpha; for two pixels i and j,

    L(i, j) = sum over windows w that hold both of  [i = j] - (1 + (I_i - m_w)' S_w (I_j - m_w)) / 9

with m_w the mean colour of a window and S_w the inverse of its covariance plus epsilon / 9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..source import Image

EPSILON = 1e-6  # of squared encoded values: the noise of a photograph; 1e-7, the authors', follows grain
WINDOW = 9  # pixels
Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class System:
    """matrix · alpha = right side, for the unknown pixels in raster order; the others' alpha is in the right side."""

    matrix: csr_array
    right: Doubles


def band_system(picture: Image, alpha: NDArray[np.float32], unknown: NDArray[np.bool_]) -> System:
    """picture: (h, w, 3) float32 sRGB; alpha: (h, w) float32, read where `unknown` (h, w) is False.

    Both sides at least 3 pixels.
    """
    width = picture.shape[1]
    offsets = _offsets(width)
    weights = _pair_weights(picture, unknown, offsets)
    own = np.flatnonzero(unknown)
    number = np.full(unknown.size, -1, np.int32)
    number[own] = np.arange(own.size, dtype=np.int32)
    flat, right = alpha.reshape(-1).astype(np.float64), np.zeros(own.size)
    columns = np.empty((own.size, len(offsets)), np.int32)
    values = np.empty((own.size, len(offsets)), np.float64)
    for place, offset in enumerate(offsets):
        other = np.clip(own + offset, 0, unknown.size - 1)
        value = weights[offset][own] if offset >= 0 else weights[-offset][other] * (own + offset >= 0)
        is_unknown = number[other] >= 0
        right -= np.where(is_unknown, 0.0, value * flat[other])
        columns[:, place] = number[other]
        values[:, place] = value
    inside = columns >= 0
    starts = np.concatenate([[0], np.cumsum(inside.sum(axis=1))]).astype(np.int32)
    matrix = csr_array((values[inside], columns[inside], starts), shape=(own.size, own.size))
    return System(matrix, right)


def _offsets(width: int) -> list[int]:
    """Of all pixels that share a window with one, in raster order."""
    return [down * width + across for down in range(-2, 3) for across in range(-2, 3)]


def _pair_weights(picture: Image, unknown: NDArray[np.bool_], offsets: list[int]) -> dict[int, Doubles]:
    """L(i, i + offset) for each offset from 0 on: (h · w) by the flat index i."""
    height, width = unknown.shape
    places = [down * width + across for down in (-1, 0, 1) for across in (-1, 0, 1)]
    centres = _window_centres(unknown)
    colors = picture.reshape(-1, 3).astype(np.float64)
    shifted = np.stack([colors[centres + place] for place in places])  # (9, windows, 3)
    shifted -= shifted.mean(axis=0)
    leaning = _times_inverse(shifted)
    weights = {offset: np.zeros(height * width) for offset in offsets if offset >= 0}
    for one in range(WINDOW):
        for other in range(one, WINDOW):
            shared = -(1 + np.einsum("wc,wc->w", leaning[one], shifted[other])) / WINDOW
            if one == other:
                shared += 1
            weights[places[other] - places[one]][centres + places[one]] += shared
    return weights


def _window_centres(unknown: NDArray[np.bool_]) -> Indices:
    """The flat indices of the windows that hold an unknown pixel and lie inside."""
    near = np.zeros_like(unknown)
    inner = near[1:-1, 1:-1]
    height, width = unknown.shape
    for down in range(3):
        for across in range(3):
            inner |= unknown[down : height - 2 + down, across : width - 2 + across]
    return np.flatnonzero(near)


def _times_inverse(shifted: Doubles) -> Doubles:
    """(9, n, 3) colours less their window's mean -> the same times the inverse covariance, by its cofactors."""

    def spread(i: int, j: int) -> Doubles:
        mean = np.einsum("pw,pw->w", shifted[:, :, i], shifted[:, :, j]) / WINDOW
        return mean + EPSILON / WINDOW if i == j else mean

    a, b, c, d, e, f = (spread(*pair) for pair in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    first = (d * f - e * e, c * e - b * f, b * e - c * d)
    second = (first[1], a * f - c * c, b * c - a * e)
    third = (first[2], second[2], a * d - b * b)
    whole = a * first[0] + b * first[1] + c * first[2]
    return np.stack(
        [sum(cofactor * shifted[:, :, k] for k, cofactor in enumerate(row)) / whole for row in (first, second, third)],
        axis=2,
    )

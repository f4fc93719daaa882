"""What is measured of a filled hole beside the truth. Pictures are (H, W, 3) sRGB floats 0 to 1, holes (H, W) bool."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Hole = NDArray[np.bool_]

LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)  # Rec. 601, of sRGB values
FINE = 1.5  # pixels, Gaussian sigma: what it takes away is fine detail
VISIBLE = 1 / 255  # is added to amplitudes, so that flat pictures have a ratio
STABLE = 1e-6  # c1 and c2 of DISTS


def luma(picture: Floats) -> Floats:
    return np.asarray(cv2.transform(picture, LUMA), np.float32)


def fine_energy(picture: Floats, hole: Hole) -> float:
    """Mean square in the hole of what a blur of 1.5 pixels takes from the luma."""
    gray = luma(picture)
    return float(np.mean((gray - cv2.GaussianBlur(gray, (0, 0), FINE))[hole] ** 2))


def fine_detail(result: Floats, truth: Floats, hole: Hole) -> float:
    """Natural logarithm of the hole's fine detail over the truth's, as energies: below 0 it is too smooth."""
    have, want = fine_energy(result, hole), fine_energy(truth, hole)
    return float(np.log((have + VISIBLE**2) / (want + VISIBLE**2)))


def psnr(result: Floats, truth: Floats, hole: Hole) -> float:
    """Decibels in the hole."""
    return float(-10 * np.log10(np.mean((result - truth)[hole] ** 2) + 1e-10))


def window(hole: Hole, side: int) -> tuple[slice, slice]:
    """The square of that side, or as much of it as the picture has, with most of the hole in it, the hole central."""
    height, width = hole.shape
    rows, columns = min(side, height), min(side, width)
    sums = cv2.integral(hole.astype(np.uint8)).astype(np.int64)
    covered = sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns] + sums[:-rows, :-columns]
    most = np.argwhere(covered == covered.max())
    y, x = (int(value) for value in most[len(most) // 2])
    if hole.sum() == covered.max():
        top, left, h, w = cv2.boundingRect(hole.astype(np.uint8).T)
        y = int(np.clip(top + h // 2 - rows // 2, 0, height - rows))
        x = int(np.clip(left + w // 2 - columns // 2, 0, width - columns))
    return slice(y, y + rows), slice(x, x + columns)


def distance_of_features(result: Sequence[Floats], truth: Sequence[Floats], hole: Hole) -> float:
    """DISTS (Ding, Ma, Wang and Simoncelli 2020) with all weights the same, and its means over the hole alone.

    result, truth: what the stages of a network make of the two, each (channels, h, w), the picture itself among them;
    hole: of the same view. 0 is the same, 1 has nothing in common.
    """
    alike: list[float] = []
    for have, want in zip(result, truth, strict=True):
        weight = cv2.resize(hole.astype(np.float32), have.shape[:0:-1], interpolation=cv2.INTER_AREA)
        weight = (weight / weight.sum()).ravel()
        x, y = (stage.reshape(len(stage), -1).astype(np.float64) for stage in (have, want))
        mean_x, mean_y = x @ weight, y @ weight
        x, y = x - mean_x[:, None], y - mean_y[:, None]
        level = (2 * mean_x * mean_y + STABLE) / (mean_x**2 + mean_y**2 + STABLE)
        structure = (2 * (x * y) @ weight + STABLE) / ((x * x) @ weight + (y * y) @ weight + STABLE)
        alike.append(float(np.mean(level + structure)) / 2)
    return 1 - float(np.mean(alike))

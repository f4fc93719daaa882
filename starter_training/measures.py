"""How close two pictures are: signal to noise, local gradients, colours. Pure functions of arrays."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .backgrounds import Picture
from .masks import Mask

TILE = 16  # pixels; gradients are compared tile by tile, not pixel by pixel: grass is like grass


def psnr(one: Picture, other: Picture, mask: Mask | None = None) -> float:
    """Peak signal to noise in dB, of the whole pictures or of what is masked."""
    squares = (one.astype(np.float64) - other.astype(np.float64)) ** 2
    error = squares.mean() if mask is None else squares[mask > 0.5].mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def gradient_magnitude(picture: Picture) -> npt.NDArray[np.float32]:
    """(H, W): length of the Sobel gradient of the luma, 1 = from black to white within a pixel."""
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    return np.hypot(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)) / 4


def gradient_distance(result: Picture, truth: Picture, mask: Mask) -> float:
    """Mean difference of how much goes on in each tile under the mask, weighted by how much of the tile is masked."""
    inside = (mask > 0.5).astype(np.float32)
    weight = _tiles(inside).sum((1, 3))
    strengths = [
        _tiles(gradient_magnitude(one) * inside).sum((1, 3)) / np.maximum(weight, 1) for one in (result, truth)
    ]
    return float((np.abs(strengths[0] - strengths[1]) * weight).sum() / weight.sum())


def _tiles(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(H, W) -> (H / TILE, TILE, W / TILE, TILE)."""
    height, width = values.shape
    return values.reshape(height // TILE, TILE, width // TILE, TILE)


def color_distance(result: Picture, truth: Picture, mask: Mask) -> float:
    """Earth mover's distance of the histograms under the mask, mean of Lab's three channels, in their units."""
    distances = []
    labs = [cv2.cvtColor(one.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[mask > 0.5] for one in (result, truth)]
    for channel in range(3):
        one, other = (np.sort(lab[:, channel]) for lab in labs)
        distances.append(np.abs(one - other).mean())
    return float(np.mean(distances))

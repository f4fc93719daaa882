"""Evens out steps of colour, where a hole's sources are lighter or darker than what they meet."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compiled import Bands, split
from . import poisson
from .matching import Flags

SWEEPS = 24  # of each size
OVER = 1.7  # relaxation factor
BAND = 64  # rows
SMALLEST = 8  # pixels
EDGE = 0.06  # of the encoded range: larger steps are edges of things, and stay


def blend(
    colors: NDArray[np.float32], slopes: NDArray[np.float32], hole: Flags, known: Flags, depth: float, bands: Bands
) -> None:
    """Change the hole's pixels of `colors` (H, W, C) in place, by as little as makes their differences the slopes.

    slopes: (2, H, W, C) wanted differences to the pixel on the right and to the one below, NaN where any will do.
    depth: how far the middle of the hole is from its border, pixels; a correction fades within about that distance.
    """
    kind = np.where(hole == 1, np.uint8(2), known).astype(np.uint8)
    wanted = np.zeros(colors.shape, np.float32)
    height = kind.shape[0]
    bands.run(poisson.divergence, split(0, height, BAND), kind, colors, slopes, wanted, np.float32(EDGE))
    correction = _solve(kind, wanted, np.float32(4.0 / max(4.0, depth) ** 2), bands)
    inside = hole == 1
    colors[inside] += correction[inside]


def _solve(kind: Flags, wanted: NDArray[np.float32], screen: np.float32, bands: Bands) -> NDArray[np.float32]:
    """From the coarsest size to the finest, each begun with what the one before has found."""
    if min(kind.shape) >= 2 * SMALLEST:
        coarse = _solve(*_half(kind, wanted), np.float32(4 * screen), bands)
        size = (coarse.shape[1] * 2, coarse.shape[0] * 2)
        grown = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)
        correction = np.ascontiguousarray(grown.reshape(size[1], size[0], -1)[: kind.shape[0], : kind.shape[1]])
        correction[kind != 2] = 0
    else:
        correction = np.zeros(wanted.shape, np.float32)
    parts = split(0, kind.shape[0], BAND)
    for _ in range(SWEEPS):
        for parity in range(2):
            bands.run(poisson.relax, parts, parity, kind, wanted, correction, screen, np.float32(OVER))
    return correction


def _half(kind: Flags, wanted: NDArray[np.float32]) -> tuple[Flags, NDArray[np.float32]]:
    height, width = kind.shape
    odd = ((0, height % 2), (0, width % 2))
    padded = np.pad(kind, odd)
    quarters = [padded[y::2, x::2] for y in range(2) for x in range(2)]
    solved = sum((one == 2).astype(np.uint8) for one in quarters)
    fixed = sum((one == 1).astype(np.uint8) for one in quarters)
    small = np.where(solved > fixed, np.uint8(2), np.where(fixed > 0, np.uint8(1), np.uint8(0))).astype(np.uint8)
    values = np.pad(wanted, (*odd, (0, 0)))
    total = values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]
    return small, np.ascontiguousarray(total, np.float32)

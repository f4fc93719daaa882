"""Statistics of a steerable pyramid's bands: what makes two textures look the same, wherever their parts lie."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .measures import VISIBLE, Floats, Hole

SCALES, TURNS = 4, 4
FAINT = (VISIBLE / 4) ** 2  # is added to energies

Complex = NDArray[np.complex128]


def bands(gray: Floats) -> Iterator[Complex]:
    """Of each scale from the finest, and each orientation: (H, W), whose absolute value is the local amplitude.

    The complex steerable pyramid of Portilla and Simoncelli (2000) in the frequency domain, each band at full size:
    octaves of raised cosines of the frequency's logarithm, and the third power of a cosine of its angle.
    """
    height, width = gray.shape
    fy, fx = np.meshgrid(np.fft.fftfreq(height), np.fft.fftfreq(width), indexing="ij")
    octave = np.log2(np.maximum(np.hypot(fy, fx), 1e-9) / 0.35)
    angle = np.arctan2(fy, fx)
    spectrum = np.fft.fft2(gray.astype(np.float64))
    for scale in range(SCALES):
        ring = np.where(np.abs(octave + scale) < 1, np.cos(np.pi / 2 * (octave + scale)), 0.0)
        for turn in range(TURNS):
            lobe = 2 * np.maximum(np.cos(angle - np.pi * turn / TURNS), 0.0) ** (TURNS - 1)
            yield np.fft.ifft2(spectrum * ring * lobe)


def texture_distance(result: Floats, truth: Floats, hole: Hole) -> float:
    """How far the hole's texture is from the truth's; result, truth: luma (H, W).

    Mean size of the logarithm of the ratio of the bands' energies, and of the difference of the correlations between
    their amplitudes, added. 0 is the same.
    """
    (energy, correlation), (wanted, correlated) = _statistics(result, hole), _statistics(truth, hole)
    return float(np.mean(np.abs(np.log(energy / wanted))) + np.mean(np.abs(correlation - correlated)))


def _statistics(gray: Floats, hole: Hole) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    amplitudes = np.stack([np.abs(band)[hole] for band in bands(gray)])
    noise = np.sqrt(FAINT)
    centered = amplitudes - amplitudes.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centered**2).mean(axis=1)) + noise
    correlation = (centered @ centered.T) / centered.shape[1] / np.outer(deviation, deviation)
    return (amplitudes**2).mean(axis=1) + FAINT, correlation[np.triu_indices(len(correlation), 1)]

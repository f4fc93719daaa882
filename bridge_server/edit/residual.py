"""What sRGB cannot hold of the old picture, colours and light beyond it, is put back where the picture is kept.

The model saw c, the original o clipped to 0 to 1. Where its picture g still follows c, the layer becomes g + w (o - c).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .source import Image

CELL = 8  # working pixels of a latent cell: finer differences are an autoencoder's and not a change of the picture
SAME, OTHER = 0.06, 0.18  # mean differences of encoded values in a cell: below, a round trip; above, another picture


def followed(generated: Image, given: Image, replaced: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """(h, w) float32 0 to 1: how closely the picture follows what the model was given, both (h, w, 3) 0 to 1.

    The difference is averaged over a few latent cells, so that the weight is smooth. replaced: (h, w) 0 to 1, where the
    model was given something else than the original.
    """
    height, width = generated.shape[:2]
    difference = cv2.absdiff(generated, given)
    cells = max(1, round(width / CELL)), max(1, round(height / CELL))
    small = cv2.GaussianBlur(cv2.resize(difference, cells, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    place: NDArray[np.float32] = np.clip((OTHER - small.max(axis=2)) * np.float32(1 / (OTHER - SAME)), 0.0, 1.0)
    smooth = place * place * (np.float32(3.0) - np.float32(2.0) * place)
    weight = np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return weight if replaced is None else np.asarray(weight * (1 - replaced), np.float32)


def add_residual(patch: Image, original: Image, weight: NDArray[np.float32]) -> Image:
    """The patch (H, W, 3), encoded sRGB 0 to 1, with what the original (H, W, 3) has beyond that; unbounded.

    weight: (H, W) 0 to 1; 0 where the original is transparent.
    """
    beyond = original - np.clip(original, 0.0, 1.0)
    if not beyond.any():
        return patch
    return np.asarray(patch + beyond * weight[:, :, np.newaxis], np.float32)

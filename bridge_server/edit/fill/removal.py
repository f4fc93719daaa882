"""Removing something: the structure is continued from around the hole, the texture comes from the model.

So Bertalmio, Vese, Sapiro & Osher, Simultaneous Structure and Texture Image Inpainting (IEEE Transactions on Image
Processing 12, 2003), with a diffusion model for the texture. For models that say how much of a removal is theirs.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..prepare import TRUSTED_ALPHA, Working
from ..source import Image
from .pull_push import NEUTRAL, weighted

HIDDEN = 0.02  # from this value of the mask on, what is to be removed may still be seen
LONGEST = 256  # pixels; larger pictures are continued at a smaller size
RADII = (1, 2)  # pixels; a larger radius blurs what it continues
TURNS = 4  # OpenCV marches from left to right and from the top down, and its result leans to that side
NEAREST = 0.2  # share of the nearest known pixel: the contrast that the mean of several continuations loses
LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)  # Rec. 601, of sRGB values


def removal_start(working: Working) -> Working:
    """The same with its surroundings continued into all that is repainted or not known.

    As it is where that is everything: then what its fill made of pixels that are known or kept in part is the best.
    """
    hidden = working.mask > HIDDEN
    if working.known is not None:
        hidden |= working.known < TRUSTED_ALPHA
    if hidden.all():
        return working
    return replace(working, image=continue_lines(working.image, hidden))


def continue_lines(image: Image, hidden: NDArray[np.bool_]) -> Image:
    """The picture (h, w, 3), 0 to 1, with what is around the hidden pixels (h, w) continued into them; a new array.

    Bertalmio, Bertozzi & Sapiro, Navier-Stokes, Fluid Dynamics, and Image and Video Inpainting (CVPR 2001), by OpenCV,
    in 8 bit: the mean of several radii and directions. Neutral gray where nothing at all is known.
    """
    height, width = hidden.shape
    scale = min(1.0, LONGEST / max(height, width))
    if scale < 1:
        small, covered = _reduced(image, hidden, (max(1, round(width * scale)), max(1, round(height * scale))))
    else:
        small, covered = image, hidden
    if covered.all():
        filled = np.full(image.shape, NEUTRAL, np.float32)
    elif covered.any():
        filled = _continued(small, covered)
    else:
        filled = small
    if filled.shape[:2] != (height, width):
        filled = np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.where(hidden[..., None], filled, image).astype(np.float32, copy=False)


def _reduced(image: Image, hidden: NDArray[np.bool_], size: tuple[int, int]) -> tuple[Image, NDArray[np.bool_]]:
    known = np.subtract(1.0, hidden, dtype=np.float32)
    share = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)
    small = cv2.resize(weighted(image, known), size, interpolation=cv2.INTER_AREA)
    factor = np.divide(1.0, np.maximum(share, 1e-6), dtype=np.float32)
    return weighted(np.asarray(small, np.float32), factor), share < min(0.5, max(1e-6, float(share.max())))


def _continued(image: Image, hidden: NDArray[np.bool_]) -> Image:
    """Both at a small size. OpenCV looks at what it is to replace, so that is neutral."""
    known = np.where(hidden[..., None], np.float32(NEUTRAL), image)
    eight_bit = (np.clip(known, 0.0, 1.0) * 255).round().astype(np.uint8)
    hole = hidden.astype(np.uint8)
    total = np.zeros(image.shape, np.float32)
    for turns in range(TURNS):
        turned, covered = (np.ascontiguousarray(np.rot90(one, turns)) for one in (eight_bit, hole))
        for radius in RADII:
            total += np.rot90(cv2.inpaint(turned, covered, radius, cv2.INPAINT_NS), -turns)
    _, labels = cv2.distanceTransformWithLabels(hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = np.asarray(labels, np.int32)
    colors = np.zeros((int(nearest.max()) + 1, 3), np.float32)
    colors[nearest[~hidden]] = known[~hidden]
    mean = np.divide(total, 255 * TURNS * len(RADII), dtype=np.float32)
    return np.add(mean * np.float32(1 - NEAREST), colors[nearest] * np.float32(NEAREST), dtype=np.float32)


def with_texture(structure: Image, painted: Image, detail: float) -> Image:
    """The structure (h, w, 3) with the luma's fine details of what was painted (h, w, 3), 0 to 1; a new array.

    detail: Gaussian sigma in pixels, below which details are fine. Colours and all that is coarser stay as they are.
    """
    luma = np.asarray(cv2.transform(painted - structure, LUMA), np.float32)
    fine = np.subtract(luma, cv2.GaussianBlur(luma, (0, 0), detail))
    return np.clip(structure + fine[..., None], 0.0, 1.0, dtype=np.float32)

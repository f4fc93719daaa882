"""Ways to fill what is to be painted before denoising, written from published descriptions.

Each takes a picture (h, w, 3) float32 sRGB 0 to 1 and what of it is unknown, (h, w) bool, and gives the whole picture.
Where a pixel is known it stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bridge_server.edit.fill import fill_unknown
from bridge_server.plan.native import LEAST_CELL

Image = NDArray[np.float32]
Hole = NDArray[np.bool_]
Fill = Callable[[Image, Hole], Image]

A1111_CASCADE = ((256, 1), (64, 1), (16, 2), (4, 4), (2, 2), (0, 1))  # radius, times
FOOOCUS_CASCADE = ((512, 2), (256, 2), (128, 4), (64, 4), (33, 8), (15, 8), (5, 16), (3, 16))  # box side, times
RADIUS = 3  # of OpenCV's methods
PATCH = 4  # half the side of a patch, in pixels of the reduced picture
REDUCE = 2


def neutral(image: Image, hole: Hole) -> Image:
    """50 % gray."""
    return _onto(image, hole, np.full_like(image, 0.5))


def edge(image: Image, hole: Hole) -> Image:
    """The nearest known pixel: what repeating the border does."""
    rows, columns = ndimage.distance_transform_edt(hole, return_distances=False, return_indices=True)
    return np.ascontiguousarray(image[rows, columns])


def a1111_cascade(image: Image, hole: Hole) -> Image:
    """AUTOMATIC1111's "fill": ever less blurred copies of the known pixels over one another."""
    known = (~hole).astype(np.float32)
    whole = np.dstack((image * known[:, :, None], known))
    result = np.zeros_like(whole)
    for radius, times in A1111_CASCADE:
        blurred = cv2.GaussianBlur(whole, (0, 0), radius) if radius else whole
        for _ in range(times):
            result = blurred + result * (1 - blurred[:, :, 3:])
    return _onto(image, hole, result[:, :, :3] / np.maximum(result[:, :, 3:], 1e-6))


def fooocus_cascade(image: Image, hole: Hole) -> Image:
    """Fooocus: box blurs from large to small, the known pixels put back after each."""
    result = image * np.float32(1) * (~hole)[:, :, None]
    for side, times in FOOOCUS_CASCADE:
        for _ in range(times):
            result = _onto(image, hole, cv2.blur(result, (side, side)))
    return result


def pull_push(image: Image, hole: Hole) -> Image:
    """Layerbridge's: a pyramid of the known pixels."""
    return _onto(image, hole, fill_unknown(image, (~hole).astype(np.float32), LEAST_CELL))


def telea(image: Image, hole: Hole) -> Image:
    """OpenCV's fast marching method (Telea 2004); 8 bit."""
    return _opencv(image, hole, cv2.INPAINT_TELEA)


def navier_stokes(image: Image, hole: Hole) -> Image:
    """OpenCV's Navier-Stokes method (Bertalmio et al. 2001), as krita-ai-diffusion expands with; 8 bit."""
    return _opencv(image, hole, cv2.INPAINT_NS)


def patches(image: Image, hole: Hole) -> Image:
    """Best fitting patches of the known picture, from the border inwards (after Criminisi et al. 2004); half size."""
    height, width = hole.shape
    size = (width // REDUCE, height // REDUCE)
    result = cv2.resize(pull_push(image, hole), size, interpolation=cv2.INTER_AREA)
    missing = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    known = ~missing
    side = 2 * PATCH + 1
    whole_patches = cv2.erode(known.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    usable = whole_patches[PATCH:-PATCH, PATCH:-PATCH]
    while not known.all() and usable.any():
        share = cv2.blur(known.astype(np.float32), (side, side))
        _, _, _, (x, y) = cv2.minMaxLoc(np.where(known, np.float32(-1), share))
        y = min(max(y, PATCH), known.shape[0] - PATCH - 1)
        x = min(max(x, PATCH), known.shape[1] - PATCH - 1)
        window = (slice(y - PATCH, y + PATCH + 1), slice(x - PATCH, x + PATCH + 1))
        weight = np.where(known[window], 1.0, 0.05).astype(np.float32)
        fit = cv2.matchTemplate(result, result[window], cv2.TM_SQDIFF, mask=np.dstack([weight] * 3))
        fit[~usable] = np.inf
        by, bx = np.unravel_index(np.argmin(fit), fit.shape)
        best = result[by : by + side, bx : bx + side]
        fresh = ~known[window]
        result[window][fresh] = best[fresh]
        known[window] = True
    return _onto(image, hole, cv2.resize(result, (width, height), interpolation=cv2.INTER_CUBIC))


FILLS: dict[str, Fill] = {
    "neutral gray": neutral,
    "edge": edge,
    "blur cascade (A1111)": a1111_cascade,
    "blur cascade (Fooocus)": fooocus_cascade,
    "pull-push (ours)": pull_push,
    "Telea": telea,
    "Navier-Stokes": navier_stokes,
    "patches": patches,
}


def _opencv(image: Image, hole: Hole, method: int) -> Image:
    rounded = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return _onto(image, hole, cv2.inpaint(rounded, hole.astype(np.uint8), RADIUS, method) / np.float32(255))


def _onto(image: Image, hole: Hole, filled: NDArray[np.float32]) -> Image:
    return np.where(hole[:, :, None], filled, image).astype(np.float32)

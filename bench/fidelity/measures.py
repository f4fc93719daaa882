"""What is measured of a flattened document. Colours are sRGB-encoded floats, (H, W, 3); masks (H, W)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.measure import find_contours

Floats = NDArray[np.float64]
VISIBLE = 1 / 255  # differences across a border below this are taken for none
ALONG = 15  # points of a contour, about as many pixels
RING = 4.0  # pixels
DEEP = 16.0  # pixels
BOX = 16  # pixels


def changed_values(result: NDArray[Any], document: NDArray[Any], shown: Floats) -> int:
    """How many values differ from the document where the method shows nothing of its result."""
    return int(np.count_nonzero((result != document)[shown <= 0]))


def seam(result: Floats, truth: Floats, mask: NDArray[Any]) -> float:
    """Natural logarithm of the gradient energy across the mask's border over the truth's; 0 is no seam.

    The border is the contour at half of the mask's maximum, to parts of a pixel. At each of its points the difference
    from one pixel outside to one pixel inside, along the mask's gradient, is squared; energies are means over the
    points and channels. A step of 1/255 is added to both, so that flat pictures have a ratio. Above 0: an edge that
    should not be; below 0: the border is washed out. Not a number where the mask has no border.
    """
    points, normals = border(mask)
    inner, outer = points + normals, points - normals
    size = np.array(mask.shape) - 1
    valid = np.all((inner >= 0) & (inner <= size) & (outer >= 0) & (outer <= size), axis=1)
    if not valid.any():
        return float("nan")
    have, want = (_across(picture, inner[valid], outer[valid]) for picture in (result, truth))
    return float(np.log((have + VISIBLE**2) / (want + VISIBLE**2)))


def seam_step(result: Floats, truth: Floats, mask: NDArray[Any]) -> float:
    """The edge that should not be, as the eye follows it: mean difference in CIELAB along the mask's border.

    The step across the border, 2 pixels to each side, less the truth's own, averaged over 15 neighbouring points of the
    contour, so that texture cancels out and what runs along the border stays; then its length (CIE76), averaged.
    """
    points, normals = border(mask)
    inner, outer = points + 2 * normals, points - 2 * normals
    size = np.array(mask.shape) - 1
    valid = np.all((inner >= 0) & (inner <= size) & (outer >= 0) & (outer <= size), axis=1)
    if not valid.any():
        return float("nan")
    steps = [_lab(picture, inner[valid]) - _lab(picture, outer[valid]) for picture in (result, truth)]
    along = ndimage.uniform_filter1d(steps[0] - steps[1], ALONG, axis=0, mode="nearest")
    return float(np.mean(np.linalg.norm(along, axis=1)))


def _lab(picture: Floats, points: Floats) -> Floats:
    return np.asarray(rgb2lab(np.clip(_sample(picture, points), 0, 1).T))


def _sample(picture: Floats, points: Floats) -> Floats:
    """(3, n): the colours at (n, 2) points."""
    return np.stack([ndimage.map_coordinates(picture[:, :, c], points.T, order=1) for c in range(3)])


def border(mask: NDArray[Any]) -> tuple[Floats, Floats]:
    """Points (n, 2) as (y, x) of the contour at half of the mask's maximum, and unit vectors (n, 2) to its inside."""
    values = np.asarray(mask, np.float64)
    top = values.max(initial=0.0)
    contours = find_contours(values, top / 2) if top > 0 else []
    if not contours:
        return np.zeros((0, 2)), np.zeros((0, 2))
    points = np.concatenate(contours)
    smooth = ndimage.gaussian_filter(values, 1.5, mode="nearest")
    slopes = np.stack([ndimage.map_coordinates(slope, points.T, order=1) for slope in np.gradient(smooth)], axis=1)
    length = np.linalg.norm(slopes, axis=1, keepdims=True)
    certain = length[:, 0] > 1e-9
    return points[certain], slopes[certain] / length[certain]


def _across(picture: Floats, inner: Floats, outer: Floats) -> float:
    return float(np.mean((_sample(picture, inner) - _sample(picture, outer)) ** 2))


def ring(selection: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The selected pixels within 4 pixels of one that is not; an edge of the document is no border."""
    depth = _depth(selection >= 128)
    return (depth > 0) & (depth <= RING)


def deep_inside(selection: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Fully selected pixels at least 16 pixels from one that is not."""
    return _depth(selection == 255) >= DEEP


def _depth(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance to the nearest pixel that is not inside; infinite where there is none."""
    if inside.all():
        return np.full(inside.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def border_color(result: Floats, truth: Floats, selection: NDArray[np.uint8]) -> float:
    """Mean CIEDE2000 in the ring just inside the selection. Not a number without a ring."""
    inside = ring(selection) & (_depth(selection >= 128) < np.inf)
    return float(np.mean(delta_e(result[inside], truth[inside]))) if inside.any() else float("nan")


def border_tone(result: Floats, truth: Floats, selection: NDArray[np.uint8]) -> float:
    """CIEDE2000 of the ring's colours averaged over 8 pixels along it: a shift of colour, without lost texture."""
    inside = (ring(selection) & (_depth(selection >= 128) < np.inf)).astype(np.float32)
    if not inside.any():
        return float("nan")
    weight = cv2.boxFilter(inside, -1, (17, 17), normalize=False)[inside > 0]
    means = [cv2.boxFilter(p * inside[:, :, None], -1, (17, 17), normalize=False)[inside > 0] for p in (result, truth)]
    return float(np.mean(delta_e(means[0] / weight[:, None], means[1] / weight[:, None])))


def intended_color(result: Floats, painted: NDArray[Any], selection: NDArray[np.uint8]) -> float:
    """99th percentile of CIEDE2000 between what was painted, one colour (3,), and what came out, 16 pixels inside."""
    inside = deep_inside(selection)
    if not inside.any():
        return float("nan")
    wanted = np.broadcast_to(np.asarray(painted, np.float64), (int(inside.sum()), 3))
    return float(np.percentile(delta_e(result[inside], wanted), 99))


def banding(result: NDArray[Any], truth: NDArray[Any], full: float) -> float:
    """Largest error after a 16-pixel box mean, as a share of the full range: what the eye sees of steps."""
    error = (result.astype(np.float64) - truth.astype(np.float64)) / full
    means = ndimage.uniform_filter(error, size=(BOX, BOX, 1), mode="nearest")
    return float(np.abs(means).max())


def delta_e(one: NDArray[Any], other: NDArray[Any]) -> Floats:
    """CIEDE2000 of colours (..., 3). What sRGB cannot hold is compared clipped."""
    return np.asarray(deltaE_ciede2000(rgb2lab(np.clip(one, 0, 1)), rgb2lab(np.clip(other, 0, 1))))

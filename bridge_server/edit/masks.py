"""From a selection to the two masks of an edit: where the model repaints, and where the result is shown.

With S the selection, ⊕ r dilation by r pixels, ~ f a blur that fades over f pixels, and w the feather:

    denoise   = max(S, (S ⊕ (grow + overlap + w/4)) ~ w/2)     full up to `grow` beyond S, nothing beyond grow + w/2
    composite = max(S, (S ⊕ (grow + 3w/4)) ~ w/2)              full up to grow + w/2, nothing beyond grow + w
    composite = S                                              where the edit keeps to the selection

so that both are ≥ S everywhere (denoise reaches `overlap` further where latent cells are large), and that the result
fades out where the model has returned the document: the passage from old to new is the model's own. All three are gray:
dilation moves the contours of a soft selection outwards and keeps them soft, and no value is ever compared with a
threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..plan.bounds import Bounds
from ..plan.plan import Plan
from .source import Mask, Source, window

DISC_RADIUS = 8  # pixels; the work of one disc grows with the square of its radius
DISCS_UP_TO = 64  # pixels
REDUCED_FROM = 256  # pixels


@dataclass(frozen=True)
class Masks:
    """composite: (H, W) uint8 covering plan.target. denoise: (H, W) uint8 covering plan.context; None = everything.

    selected: (H, W) uint8 covering plan.context, what the user selected; None where there is no edge to treat.
    """

    composite: Mask
    denoise: Mask | None
    selected: Mask | None


def make_masks(source: Source, plan: Plan) -> Masks:
    """The masks of an edit. A selection outside what the plan covers is ignored."""
    if not plan.has_edge:
        return Masks(_everything_in_target(source, plan), None, None)
    reach = plan.grow + max(plan.feather, plan.feather // 2 + plan.overlap)
    roi = plan.context if plan.planner == "outpaint" else plan.selection.grow(reach).intersect(plan.context)
    selection = _selection(source, plan, roi)
    quarter = plan.feather // 4
    repainted = dilate(selection, plan.grow + plan.overlap + quarter)
    denoise = np.maximum(selection, feather(repainted, quarter))
    composite = selection
    if not plan.keep_to_selection:
        further = plan.feather - 2 * quarter - plan.overlap
        near = dilate(repainted, further) if further >= 0 else dilate(selection, plan.grow + plan.feather - quarter)
        composite = np.maximum(selection, feather(near, quarter))
    return Masks(
        np.ascontiguousarray(window(composite, roi, plan.target)),
        window(denoise, roi, plan.context),
        window(selection, roi, plan.context),
    )


def without_faint(mask: Mask, faint: int) -> Mask:
    """(H, W) uint8 without values up to `faint`, which cannot show; as it is where it has no others, or none of these.

    A speck that nobody sees would else decide how large the area is.
    """
    cut = np.asarray(cv2.threshold(mask, faint, 0, cv2.THRESH_TOZERO)[1], np.uint8)
    return mask if cv2.countNonZero(cut) in (0, cv2.countNonZero(mask)) else cut


def dilate(mask: Mask, radius: int) -> Mask:
    """Each pixel takes the highest value within `radius` pixels, by discs of up to 8 pixels one after the other.

    The work grows with the radius, not its square. Above 64 pixels a regular octagon is cheaper still: a square and two
    diagonals, as wide and high as the circle and up to 8 % wider in between. From 256 pixels on the mask is reduced
    first, and the edge comes out up to 4 % of the radius softer and shorter, never longer.
    """
    if radius >= REDUCED_FROM:
        return _reduced(mask, radius)
    if radius > DISCS_UP_TO:
        return _octagon(mask, radius)
    while radius > 0:
        step = min(radius, DISC_RADIUS)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * step + 1, 2 * step + 1))
        mask = np.asarray(cv2.dilate(mask, disc), np.uint8)
        radius -= step
    return mask


def _octagon(mask: Mask, radius: int) -> Mask:
    cut = round(radius / (2 + 2**0.5))
    side = 2 * (radius - 2 * cut) + 1
    square = cv2.dilate(mask, np.ones((side, side), np.uint8))
    diagonal = np.eye(2 * cut + 1, dtype=np.uint8)
    return np.asarray(cv2.dilate(cv2.dilate(square, diagonal), np.ascontiguousarray(diagonal[::-1])), np.uint8)


def _reduced(mask: Mask, radius: int) -> Mask:
    """Dilation of blocks of pixels; two blocks less than asked for, which rounding to blocks and scaling back add."""
    height, width = mask.shape
    block = radius // (REDUCED_FROM // 2)
    padded = np.pad(mask, ((0, -height % block), (0, -width % block)))
    rows, columns = padded.shape[0] // block, padded.shape[1] // block
    highest = padded.reshape(rows, block, columns, block).max(axis=(1, 3))
    grown = _octagon(highest, radius // block - 2)
    size = (padded.shape[1], padded.shape[0])
    return np.asarray(cv2.resize(grown, size, interpolation=cv2.INTER_LINEAR), np.uint8)[:height, :width]


def feather(mask: Mask, half_width: int) -> Mask:
    """Fade edges over 2 x half_width pixels, centred on the edge: two box blurs, which make a smooth ramp.

    What lies beyond the array is taken to be like its border, so that an edge of the canvas is no edge of the mask.
    """
    first = half_width // 2
    for radius in (first, half_width - first):
        if radius:
            size = (2 * radius + 1, 2 * radius + 1)
            mask = np.asarray(cv2.blur(mask, size, borderType=cv2.BORDER_REPLICATE), np.uint8)
    return mask


def _selection(source: Source, plan: Plan, roi: Bounds) -> Mask:
    """(H, W) uint8 covering `roi`: the mask that was sent, the border of an outpaint, or the plan's box."""
    if plan.planner != "outpaint" and source.mask is not None:
        return window(source.mask, source.bounds, roi)
    meant, rest = (0, 255) if plan.planner == "outpaint" else (255, 0)
    box = (plan.document if plan.planner == "outpaint" else plan.selection).intersect(roi).relative_to(roi)
    mask = np.full((roi.height, roi.width), rest, np.uint8)
    mask[box.y : box.bottom, box.x : box.right] = meant
    return mask


def _everything_in_target(source: Source, plan: Plan) -> Mask:
    if source.mask is None:
        return np.full((plan.target.height, plan.target.width), 255, np.uint8)
    return np.ascontiguousarray(window(source.mask, source.bounds, plan.target))

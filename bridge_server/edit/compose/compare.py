"""How the model's picture differs from the document where both show the same: its bias, free of what was intended.

A model returns the kept surroundings of an edit too, after a way through its autoencoder, and often repeats them in the
soft edge as well, where it was free to paint. There the difference to the document is the model's own: a shift of tone,
of colour, lost sharpness. Where it painted something else, the difference says nothing.

All of it is worked out near the target, in cells of 2 by 2 working pixels: single pixels are the autoencoder's noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...plan.bounds import Bounds
from ...plan.plan import Plan
from ..fill import spread, weighted
from ..prepare import TRUSTED_ALPHA, Working
from ..resample import resize
from ..source import Image
from .rim import CELL, find_rim, most

Cells = NDArray[np.float32]  # (rows, columns) of cells
NEAR = 48  # working pixels of the surroundings beyond all that was denoised
LEAST = 0.02  # a difference of encoded values (length of the RGB vector) that is never taken for another content
MOST = 0.2  # one that always is; a bias is smaller
USUAL = 0.99  # the share of the kept cells whose difference counts as usual for this model
HALF = 0.5  # what is repainted by less mostly stays: the most that is kept of a small part inside a selection
USUAL_HALF = 0.9  # the share of these that counts as usual
USUAL_UNSURE = 0.5  # the same where nothing was surely kept: only the softer side of a soft selection is to go by
REDUCED = 4  # cells, to which the usual difference is reduced
AROUND = (5, 5)  # of these, over which it is averaged


@dataclass(frozen=True)
class Comparison:
    """What is known of the model's bias in `box`, working pixels.

    difference: (rows, columns, 3), the document's colours less the model's, where they can be compared.
    trust: how much is known of a cell that shows the document's own content, 0 to 1: 0 where all of it is selected.
    same: how far a cell shows the document's own content, 0 to 1. kept: 1 where the model had to return it, half a
    latent cell away from where anything was repainted. depth: how far it lies inside the selection, document pixels, 0
    outside.
    """

    box: Bounds
    difference: Image
    trust: Cells
    same: Cells
    kept: Cells
    depth: Cells


def compare(generated: Image, working: Working, plan: Plan) -> Comparison | None:
    """Compare the model's picture (h, w, 3) with the document; None where nothing was kept to compare it with."""
    box = _near(plan)
    if working.selected is None or box.is_empty:
        return None
    part = (slice(box.y, box.bottom), slice(box.x, box.right))
    selected = resize(working.selected, plan.working_width, plan.working_height)[part].astype(np.uint8, copy=False)
    seen, made = working.seen[part], generated[part]
    free = np.multiply(np.uint8(255) - most(selected), np.float32(1 / 255), dtype=np.float32)
    cells = np.asarray(cv2.subtract(_means(seen), _means(made)), np.float32)
    rim = find_rim(selected, seen, made)
    cells[rim.y, rim.x], free[rim.y, rim.x] = rim.difference, rim.free
    depth = _depth(free, plan)
    trusted = None
    if working.known is not None:  # what is more transparent the model did not see
        trusted = most(np.less(working.known[part], TRUSTED_ALPHA).view(np.uint8)) == 0
        free *= trusted
    length = np.asarray(cv2.sqrt(_squares(cells)), np.float32)
    masked = most(working.mask[part])
    outside = ((masked <= 0) & (free >= 1)).astype(np.float32)
    kept = _kept(_eroded(outside, plan.native.cell), length)
    share = USUAL
    if kept is None:
        kept, share = np.asarray((masked <= HALF) & (free >= 1) & (length <= MOST), np.float32), USUAL_HALF
    if not kept.any():
        kept, share = free * (length <= MOST), USUAL_UNSURE
        if not kept.any():
            return None
    usual = _usual(cells, kept)
    squared = _squares(cells - usual)
    foreign = rim.foreign(squared)
    y, x = rim.y[foreign], rim.x[foreign]
    cells[y, x], free[y, x] = rim.surely[foreign], rim.surely_free[foreign]
    if trusted is not None:
        free[y, x] *= trusted[y, x]
    squared[y, x] = np.square(cells[y, x] - usual[y, x]).sum(axis=1)
    length[y, x] = np.sqrt(np.square(cells[y, x]).sum(axis=1))
    same = _same(np.asarray(cv2.sqrt(squared), np.float32), length, free, kept, share)
    return Comparison(box, cells, same * free, same, _eroded(outside, plan.native.cell // 2), depth)


def _near(plan: Plan) -> Bounds:
    """The target and what surrounds it, in working pixels."""
    across, down = plan.scale
    target = plan.target.relative_to(plan.working_bounds).grow(plan.overlap)
    box = Bounds.from_edges(
        math.floor(target.x * across) // CELL * CELL,
        math.floor(target.y * down) // CELL * CELL,
        math.ceil(target.right * across),
        math.ceil(target.bottom * down),
    )
    near = box.grow(NEAR).intersect(Bounds(0, 0, plan.working_width, plan.working_height))
    return Bounds(near.x, near.y, near.width // CELL * CELL, near.height // CELL * CELL)


def _eroded(cells: Cells, pixels: int) -> Cells:
    """Less so many working pixels on all sides."""
    side = 1 + 2 * (pixels // CELL)
    return np.asarray(cv2.erode(cells, np.ones((side, side), np.uint8)), np.float32)


def _kept(surely: Cells, length: Cells) -> Cells | None:
    """1.0 in cells that the model surely returned, as it got them or nearly so; None where there are none.

    Where some differ and others do not at all, the latter are tiles of a second pass that were not painted.
    """
    kept: Cells = surely * (length <= MOST)
    painted: Cells = kept * (length > 0)
    if painted.any():
        return painted
    return kept if kept.any() else None


def _usual(cells: Image, kept: Cells) -> Image:
    """The mean difference of the kept cells around, continued to all others; it is smooth, and made at reduced size."""
    rows, columns = kept.shape
    size = (-(-columns // REDUCED), -(-rows // REDUCED))
    total, count = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (weighted(cells, kept), kept))
    total, count = (cv2.blur(one, AROUND, borderType=cv2.BORDER_CONSTANT) for one in (total, count))
    usual = spread(np.asarray(total, np.float32), np.asarray(count, np.float32), 0.0)
    return np.asarray(cv2.resize(usual, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def _same(distance: Cells, length: Cells, free: Cells, kept: Cells, share: float) -> Cells:
    """Cells that differ from the kept surroundings' usual difference by no more than those do among themselves.

    distance: from the usual difference. length: of the difference itself.
    """
    some = distance[::2, ::2][kept[::2, ::2] > 0]
    limit = float(np.clip(np.quantile(some, share), LEAST, MOST)) if some.size else LEAST
    excess = np.maximum(distance * np.float32(1 / limit), length * np.float32(1 / MOST))
    other = np.clip(excess - np.float32(1.0), 0.0, 1.0)
    other[free <= 0.05] = 0.0
    same = np.float32(1.0) - cv2.dilate(other, np.ones((3, 3), np.uint8))
    same[free <= 0] = 0.0
    return np.asarray(same, np.float32)


def _depth(free: Cells, plan: Plan) -> Cells:
    """Distance to what is not selected, document pixels; the border of the picture is no border of the selection."""
    inside = (free < 0.5).astype(np.uint8)
    cells = np.minimum(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32(max(inside.shape)))
    return np.maximum(0.0, (cells - 0.5) * np.float32(CELL / max(plan.scale)), dtype=np.float32)


def _means(image: Image) -> Image:
    height, width = image.shape[:2]
    return np.asarray(cv2.resize(image, (width // CELL, height // CELL), interpolation=cv2.INTER_AREA), np.float32)


def _squares(cells: Image) -> Cells:
    """(rows, columns, 3) -> (rows, columns): the sum of the squared channels."""
    return np.asarray(cv2.transform(cv2.multiply(cells, cells), np.ones((1, 3), np.float32)), np.float32)

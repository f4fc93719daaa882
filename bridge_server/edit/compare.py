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

from ..plan.bounds import Bounds
from ..plan.plan import LATENT_CELL, Plan
from .fill import spread, weighted
from .prepare import TRUSTED_ALPHA, Working
from .resample import resize
from .source import Image

Cells = NDArray[np.float32]  # (rows, columns) of cells
CELL = 2  # working pixels
NEAR = 48  # working pixels of the surroundings beyond all that was denoised
LEAST = 0.02  # a difference of encoded values (length of the RGB vector) that is never taken for another content
MOST = 0.2  # one that always is; a bias is smaller
USUAL = 0.99  # the share of the kept cells whose difference counts as usual for this model
USUAL_UNSURE = 0.5  # the same where nothing was surely kept: only the softer side of a soft selection is to go by
AROUND = 17  # cells that are averaged where the usual difference is looked for
ERODED = 1 + 2 * LATENT_CELL // CELL  # cells: what was kept, less a latent cell on all sides


@dataclass(frozen=True)
class Comparison:
    """What is known of the model's bias in `box`, working pixels.

    difference: (rows, columns, 3), the document's colours less the model's, where they can be compared.
    trust: how much is known of a cell that shows the document's own content, 0 to 1: 0 where all of it is selected.
    same: how far a cell shows the document's own content, 0 to 1. depth: how far it lies inside the selection, document
    pixels, 0 outside.
    """

    box: Bounds
    difference: Image
    trust: Cells
    same: Cells
    depth: Cells


def compare(generated: Image, working: Working, plan: Plan) -> Comparison | None:
    """Compare the model's picture (h, w, 3) with the document; None where nothing was kept to compare it with."""
    if working.selected is None:
        return None
    height, width = working.mask.shape
    box = _near(plan)
    part = (slice(box.y, box.bottom), slice(box.x, box.right))
    size = (-(-box.width // CELL), -(-box.height // CELL))
    selected = np.multiply(resize(working.selected, width, height)[part], np.float32(1 / 255), dtype=np.float32)
    free = np.float32(1.0) - selected
    if working.known is not None:
        free *= working.known[part] >= TRUSTED_ALPHA  # what is more transparent the model did not see
    difference = weighted(np.subtract(working.seen[part], generated[part]), free)
    coverage = _reduced(free, size)
    cells = _divided(_reduced(difference, size), np.maximum(coverage, np.float32(1e-3)))
    length = cv2.sqrt(_squares(cells))
    kept = _kept(_reduced(working.mask[part], size), coverage, np.asarray(length, np.float32))
    share = USUAL
    if kept is None:
        kept, share = coverage * (length <= MOST), USUAL_UNSURE
        if not kept.any():
            return None
    same = _same(cells, np.asarray(length, np.float32), coverage, kept, share)
    depth = _depth(_reduced(selected, size), plan)
    return Comparison(box, cells, same * coverage, same, depth)


def _near(plan: Plan) -> Bounds:
    """The target and what surrounds it, in working pixels."""
    across, down = plan.scale
    target = plan.target.relative_to(plan.context).grow(plan.overlap)
    box = Bounds.from_edges(
        math.floor(target.x * across) // CELL * CELL,
        math.floor(target.y * down) // CELL * CELL,
        math.ceil(target.right * across),
        math.ceil(target.bottom * down),
    )
    return box.grow(NEAR).intersect(Bounds(0, 0, plan.working_width, plan.working_height))


def _kept(masked: Cells, coverage: Cells, length: Cells) -> Cells | None:
    """1.0 in cells that the model surely returned as it got them; None where there are none.

    Where some cells differ and others do not at all, the latter are tiles of a second pass that were not painted.
    """
    outside = ((masked <= 0) & (coverage > 0.99)).astype(np.float32)
    surely = np.asarray(cv2.erode(outside, np.ones((ERODED, ERODED), np.uint8)), np.float32)
    kept: Cells = surely * (length <= MOST)
    painted: Cells = kept * (length > 0)
    if painted.any():
        return painted
    return kept if kept.any() else None


def _same(cells: Image, length: Cells, coverage: Cells, kept: Cells, share: float) -> Cells:
    """Cells that differ from the kept surroundings' usual difference by no more than those do among themselves."""
    size = (AROUND, AROUND)
    count = cv2.blur(kept, size, borderType=cv2.BORDER_CONSTANT)
    total = cv2.blur(weighted(cells, kept), size, borderType=cv2.BORDER_CONSTANT)
    usual = spread(np.asarray(total, np.float32), np.asarray(count, np.float32), 0.0)
    distance = cv2.sqrt(_squares(cells - usual))
    limit = float(np.clip(np.quantile(distance[kept > 0], share), LEAST, MOST))
    excess = np.maximum(distance * np.float32(1 / limit), length * np.float32(1 / MOST))
    other = np.clip(excess - np.float32(1.0), 0.0, 1.0)
    other[coverage <= 0.05] = 0.0
    same = np.float32(1.0) - cv2.dilate(other, np.ones((3, 3), np.uint8))
    same[coverage <= 0] = 0.0
    return np.asarray(same, np.float32)


def _depth(selected: NDArray[np.float32], plan: Plan) -> Cells:
    """Distance to what is not selected, document pixels; the border of the picture is no border of the selection."""
    inside = (selected >= 0.5).astype(np.uint8)
    cells = np.minimum(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32(max(inside.shape)))
    return np.maximum(0.0, (cells - 0.5) * np.float32(CELL / max(plan.scale)), dtype=np.float32)


def _reduced(array: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.float32)


def _divided(cells: Image, divisor: Cells) -> Image:
    return np.asarray(cv2.divide(cells, cv2.merge((divisor, divisor, divisor))), np.float32)


def _squares(cells: Image) -> Cells:
    """(rows, columns, 3) -> (rows, columns): the sum of the squared channels."""
    return np.asarray(cv2.transform(cv2.multiply(cells, cells), np.ones((1, 3), np.float32)), np.float32)

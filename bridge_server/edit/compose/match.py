"""Matching the colours of a result to its surroundings, at the border of what is selected.

The model's bias, known around the selection, is continued into it (pull-push), and taken out: wholly at the border,
and deeper inside by no more than a colour difference that is too small to change what was painted:

    change(d) ≤ 2 · (12 / d)² up to 12 document pixels inside, ≤ 2 from there on        in CIEDE2000

Cells are coarser than pixels: with 12, what lies 16 pixels inside is surely below 2. The bound is kept in CIE76, of
which CIEDE2000 is at most 1.5 times as much (at neutral colours: Luo, Cui & Rigg 2001). So a bias below the bound is
taken out everywhere, a larger one at the border, and nothing of it ends in an edge.
"""

from __future__ import annotations

import cv2
import numpy as np

from ...plan.plan import Plan
from ..fill import spread, strips, weighted
from ..source import Image
from .compare import Cells, Comparison

INSIDE = 12.0  # document pixels
ALLOWED = 2.0 / 1.5  # CIE76
AROUND = np.ones((3, 3), np.uint8)  # the largest difference around counts, so that none leaks between cells


def match_colors(picture: Image, comparison: Comparison, plan: Plan) -> None:
    """Take the model's bias out of its picture (h, w, 3), sRGB 0 to 1, in place."""
    box = comparison.box
    place = picture[box.y : box.bottom, box.x : box.right]
    bias = spread(weighted(comparison.difference, comparison.trust), comparison.trust, 0.0)
    bias = weighted(bias, _share(place, bias, comparison.depth))
    bias = cv2.resize(bias, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    for rows in strips(box.height):
        cv2.add(place[rows], bias[rows], dst=place[rows])
        np.clip(place[rows], 0.0, 1.0, out=place[rows])


def _share(place: Image, bias: Image, depth: Cells) -> Cells:
    """How much of the bias (rows, columns, 3) may be taken out of each cell, 0 to 1."""
    size = ((bias.shape[1] + 1) // 2, (bias.shape[0] + 1) // 2)
    colors, shift = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (place, bias))
    matched = np.clip(cv2.add(colors, shift), 0.0, 1.0)
    change = cv2.subtract(cv2.cvtColor(matched, cv2.COLOR_RGB2Lab), cv2.cvtColor(colors, cv2.COLOR_RGB2Lab))
    difference = cv2.sqrt(cv2.transform(cv2.multiply(change, change), np.ones((1, 3), np.float32)))
    difference = cv2.resize(
        cv2.dilate(difference, AROUND), (bias.shape[1], bias.shape[0]), interpolation=cv2.INTER_LINEAR
    )
    allowed = np.float32(ALLOWED) * np.square(np.float32(INSIDE) / np.clip(depth, 1.0, INSIDE))
    return np.minimum(1.0, allowed / np.maximum(difference, np.float32(1e-6)), dtype=np.float32)

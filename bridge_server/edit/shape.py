"""Measures a selection for the plan: how thick it is, how far its parts reach, and where they are."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..plan.bounds import Bounds
from ..plan.shape import Shape
from .source import Mask, Source, window

LONGEST = 1024  # pixels of the side of a selection that is measured as it is; larger ones are measured reduced
PINHOLE = 8  # pixels: what is narrower in a selection is covered by growing it on both sides
NEIGHBORS = np.ones((PINHOLE + 1, PINHOLE + 1), np.uint8)
CELL = 32  # document pixels


def measure(source: Source, box: Bounds, canvas: Bounds) -> Shape | None:
    """The shape of the selection, whose box (selection_bounds) is `box`, in document pixels; None without a mask.

    What is selected by more than half of the most that is selected anywhere counts as inside. Pinholes, as a magic wand
    leaves them, count as selected where thickness is measured. Selections longer than LONGEST are measured in blocks,
    by which parts and thickness come out larger, never smaller.
    """
    if source.mask is None:
        return None
    mask = window(source.mask, source.bounds, box)
    block = -(-max(box.width, box.height) // LONGEST)
    coarse = _highest(mask, block)
    inside = (coarse > int(coarse.max()) // 2).view(np.uint8)
    closed = np.asarray(cv2.morphologyEx(np.pad(inside, PINHOLE), cv2.MORPH_CLOSE, NEIGHBORS), np.uint8)
    parts = cv2.connectedComponentsWithStats(closed)[2][1:]
    across, down = (parts[:, column].astype(np.float64) * block for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    beside = max(box.x - canvas.x, box.y - canvas.y, canvas.right - box.right, canvas.bottom - box.bottom)
    return Shape(
        box=box,
        diagonal=min(float(np.hypot(across, down).max()), math.hypot(box.width, box.height)),
        thickness=min(math.ceil(2 * block * _deepest(closed)), box.width, box.height),
        clearance=max(beside, block * _deepest(1 - inside)),
        cell=CELL,
        cells=_cells(mask),
    )


def _deepest(inside: Mask) -> float:
    """How far the pixel that lies deepest inside is from the nearest 0, pixels."""
    return float(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max()) if inside.any() else 0.0


def _highest(mask: Mask, block: int) -> Mask:
    """The highest value of each block of pixels, those at the right and lower edge as large as the mask lasts."""
    if block == 1:
        return mask
    rows = np.maximum.reduceat(mask, list(range(0, mask.shape[0], block)), axis=0)
    return np.maximum.reduceat(rows, list(range(0, mask.shape[1], block)), axis=1)


def _cells(mask: Mask) -> tuple[int, ...]:
    packed = np.packbits(_highest(mask, CELL) > 0, axis=1, bitorder="little")
    return tuple(int.from_bytes(row.tobytes(), "little") for row in packed)

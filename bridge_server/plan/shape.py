"""What a plan can know of a selection beyond its box, once the mask has arrived (edit/shape.py measures it)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .bounds import Bounds


@dataclass(frozen=True)
class Shape:
    """A selection, in document pixels.

    box: around all of it. diagonal: of the box around the largest of its connected parts. thickness: the diameter of
    the largest disc inside any part. clearance: the radius of the largest disc beside it on the canvas. None of the
    first two is more than the box has.
    cells: where anything is selected, row by row in squares of `cell` pixels from the box's upper left corner; bit n of
    a row is its nth square.
    """

    box: Bounds
    diagonal: float
    thickness: int
    clearance: float
    cell: int
    cells: tuple[int, ...]

    def touches(self, box: Bounds) -> bool:
        """False only where nothing in `box` is selected."""
        common = box.intersect(self.box).relative_to(self.box)
        if common.is_empty:
            return False
        first, last = common.x // self.cell, (common.right - 1) // self.cell
        columns = ((1 << (last - first + 1)) - 1) << first
        rows = self.cells[common.y // self.cell : (common.bottom - 1) // self.cell + 1]
        return any(row & columns for row in rows)


def shape_of_box(box: Bounds) -> Shape:
    """Of a selection of which nothing but its box is known: all of it is selected, and there is no end of room."""
    diagonal = math.hypot(box.width, box.height)
    return Shape(box, diagonal, min(box.width, box.height), math.inf, max(box.width, box.height, 1), (1,))

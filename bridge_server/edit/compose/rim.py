"""The rim of a selection: the free pixels beside it, which may carry the colour of what is selected.

What is to be replaced often fills its selection to the very edge. Antialiasing and scaling have mixed its colour into
the pixels beside the edge, so their difference to the model's picture is no bias of the model. They are left out where
they differ clearly more than what lies around them; elsewhere they are the best that there is to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image, Mask

CELL = 2  # working pixels
AROUND = (17, 17)  # cells, over which the differences of the rim and of what lies around it are averaged
MORE = 1.5  # times the mean squared difference around: from there on the rim is foreign
SLIGHT = 1e-5  # a squared difference of encoded values that is none
STEEP = 24  # how much more a pixel beside may be selected, of 255; soft selections have no rim
NEIGHBORS = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Rim:
    """The n cells that the selection's border, or the pixels beside it, go through; cells (y, x).

    difference, free: (n, 3), (n,), the mean difference of a cell's free pixels, and their share. surely, surely_free:
    the same without the pixels beside the selection. around: (rows, columns) 0 or 1, the cells wholly beyond the rim.
    """

    y: NDArray[np.intp]
    x: NDArray[np.intp]
    difference: NDArray[np.float32]
    free: NDArray[np.float32]
    surely: NDArray[np.float32]
    surely_free: NDArray[np.float32]
    around: NDArray[np.float32]

    def foreign(self, squared: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(n,): the cells of which only `surely` is to be compared. squared: (rows, columns), of the differences."""
        rim = np.zeros(squared.shape, np.float32)
        rim[self.y, self.x] = self.free
        have, want = (_local_mean(squared, weight)[self.y, self.x] for weight in (rim, self.around))
        return np.asarray(have + SLIGHT > MORE * (want + SLIGHT), np.bool_)


def find_rim(selected: Mask, seen: Image, generated: Image) -> Rim:
    """selected: (h, w) uint8 at working size, like seen and generated (h, w, 3)."""
    wide = np.asarray(cv2.dilate(selected, NEIGHBORS), np.uint8)
    wide[wide - selected > STEEP] = 255
    highest = most(wide)
    y, x = np.nonzero((highest > 127) & (most(np.uint8(255) - selected) > 127))
    rows, columns = (np.stack([CELL * one + d for d in shift]) for one, shift in ((y, (0, 0, 1, 1)), (x, (0, 1, 0, 1))))
    differences = seen[rows, columns] - generated[rows, columns]
    whole, sure = (_mean(differences, 255 - mask[rows, columns]) for mask in (selected, wide))
    return Rim(y, x, *whole, *sure, (highest <= 127).astype(np.float32))


def most(array: NDArray[Any]) -> NDArray[Any]:
    """The largest value of each cell."""
    rows = np.maximum(array[::CELL], array[1::CELL])
    return np.maximum(rows[:, ::CELL], rows[:, 1::CELL])


def _mean(differences: Image, free: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(4, n, 3), (4, n) 0 to 255 -> each cell's mean difference (n, 3), and its free share (n,), 0 to 1."""
    weight = np.multiply(free, np.float32(1 / 255), dtype=np.float32)
    total = weight.sum(axis=0)
    mean = (differences * weight[:, :, np.newaxis]).sum(axis=0) / np.maximum(total, np.float32(1e-6))[:, np.newaxis]
    return mean, total / np.float32(CELL * CELL)


def _local_mean(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    total, count = (cv2.blur(one, AROUND, borderType=cv2.BORDER_CONSTANT) for one in (values * weight, weight))
    return np.asarray(total / np.maximum(count, np.float32(1e-6)), np.float32)

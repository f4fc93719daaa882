"""Further examples: the picture mirrored and rotated. They stand to the right of it, and are searched with it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .matching import Flags
from .options import FillOptions

ANGLES = (-16.0, -8.0, 8.0, 16.0, 90.0, 180.0, 270.0)  # degrees
MOST = 1200  # pixels: the side of what is mirrored and rotated, around the hole
GAP = 12  # a gap this many times smaller than the picture keeps examples apart at every size


@dataclass(frozen=True)
class Sheet:
    """A picture (H, W, C) with further examples, of which the first `own` columns and `rows` rows are the picture
    itself. hole, known, usable: (H, W), see Level.
    """

    picture: NDArray[np.float32]
    hole: Flags
    known: Flags
    usable: Flags
    rows: int
    own: int


def with_turned(picture: NDArray[np.float32], hole: Flags, known: Flags, usable: Flags, options: FillOptions) -> Sheet:
    """The picture and what the options ask for beside it. What cannot be copied from is not known in a copy."""
    height, width = hole.shape
    copies: list[tuple[NDArray[np.float32], Flags]] = []
    if options.mirrored or options.rotated:
        rows, columns = _near(hole)
        part, free = picture[rows, columns], usable[rows, columns]
        if options.mirrored:
            copies.append(_mirrored(part, free, rows.start, height))
        if options.rotated:
            copies += [_rotated(part, free, angle) for angle in ANGLES]
    if not copies:
        return Sheet(picture, hole, known, usable, height, width)
    gap = -(-max(height, width) // GAP)
    tall = max(height, *(free.shape[0] for _, free in copies))
    wide = width + sum(gap + free.shape[1] for _, free in copies)
    sheet = np.zeros((tall, wide, picture.shape[2]), np.float32)
    missing, seen, source = (np.zeros((tall, wide), np.uint8) for _ in range(3))
    sheet[:height, :width] = picture
    for mine, given in ((missing, hole), (seen, known), (source, usable)):
        mine[:height, :width] = given
    left = width
    for copy, free in copies:
        left += gap
        place = slice(0, free.shape[0]), slice(left, left + free.shape[1])
        sheet[place] = copy
        seen[place] = source[place] = free
        left += free.shape[1]
    return Sheet(sheet, missing, seen, source, height, width)


def _near(hole: Flags) -> tuple[slice, slice]:
    """Rows and columns around the middle of the hole."""
    found: list[slice] = []
    for axis, length in ((1, hole.shape[0]), (0, hole.shape[1])):
        inside = np.flatnonzero(hole.any(axis=axis))
        middle = (int(inside[0]) + int(inside[-1])) // 2
        first = max(0, min(length - MOST, middle - MOST // 2))
        found.append(slice(first, min(length, first + MOST)))
    return found[0], found[1]


def _mirrored(part: NDArray[np.float32], free: Flags, top: int, height: int) -> tuple[NDArray[np.float32], Flags]:
    """Left for right, at its own height, so that a horizon stays where it is."""
    copy, copied = np.zeros((height, *part.shape[1:]), np.float32), np.zeros((height, part.shape[1]), np.uint8)
    copy[top : top + part.shape[0]], copied[top : top + part.shape[0]] = part[:, ::-1], free[:, ::-1]
    return copy, copied


def _rotated(part: NDArray[np.float32], free: Flags, angle: float) -> tuple[NDArray[np.float32], Flags]:
    """By degrees, anticlockwise, as large as needed for all of it."""
    height, width = free.shape
    turn = np.deg2rad(angle)
    cosine, sine = abs(np.cos(turn)), abs(np.sin(turn))
    wide, tall = int(np.ceil(width * cosine + height * sine)), int(np.ceil(width * sine + height * cosine))
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    matrix[:, 2] += ((wide - width) / 2, (tall - height) / 2)
    copy = np.asarray(cv2.warpAffine(part, matrix, (wide, tall), flags=cv2.INTER_CUBIC), np.float32)
    seen = cv2.warpAffine(cv2.erode(free, np.ones((5, 5), np.uint8)), matrix, (wide, tall), flags=cv2.INTER_NEAREST)
    return copy.reshape(tall, wide, part.shape[2]), np.asarray(seen, np.uint8)

"""Further examples: the picture mirrored and rotated, or another one in its place. They stand to the right of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .fullest import fullest
from .matching import Flags
from .options import Example, FillOptions

ANGLES = (-16.0, -8.0, 8.0, 16.0, 90.0, 180.0, 270.0)  # degrees
MOST = 1200  # pixels: the side of what is mirrored and rotated, around the hole
MOST_OF_EXAMPLE = 800  # the same of another picture, which is there too
GAP = 12  # a gap this many times smaller than the picture keeps examples apart at every size


@dataclass(frozen=True)
class Copy:
    """picture: (h, w, C), of which `usable` (h, w) may be copied. top: the row of the sheet in which it begins."""

    picture: NDArray[np.float32]
    usable: Flags
    top: int


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


def with_examples(
    picture: NDArray[np.float32],
    hole: Flags,
    known: Flags,
    usable: Flags,
    options: FillOptions,
    example: Example | None = None,
) -> Sheet:
    """The picture and what the options ask for beside it. What cannot be copied from is not known in a copy.

    example: None: the picture itself; else nothing of the picture is copied.
    """
    height, width = hole.shape
    copies = _copies(picture, hole, usable, options) if example is None else _of_example(example, hole, options)
    if not copies:
        return Sheet(picture, hole, known, usable, height, width)
    gap = -(-max(height, width) // GAP)
    tall = max(height, *(copy.top + copy.usable.shape[0] for copy in copies))
    wide = width + sum(gap + copy.usable.shape[1] for copy in copies)
    sheet = np.zeros((tall, wide, picture.shape[2]), np.float32)
    missing, seen, source = (np.zeros((tall, wide), np.uint8) for _ in range(3))
    sheet[:height, :width], missing[:height, :width], seen[:height, :width] = picture, hole, known
    if example is None:
        source[:height, :width] = usable
    left = width
    for copy in copies:
        left += gap
        rows, columns = copy.usable.shape
        place = slice(copy.top, copy.top + rows), slice(left, left + columns)
        sheet[place] = copy.picture
        seen[place] = source[place] = copy.usable
        left += columns
    return Sheet(sheet, missing, seen, source, height, width)


def _copies(picture: NDArray[np.float32], hole: Flags, usable: Flags, options: FillOptions) -> list[Copy]:
    rows, columns = (_around(*ends, MOST) for ends in _ends(hole))
    return _turned(picture[rows, columns], usable[rows, columns], rows.start, options)


def _of_example(example: Example, hole: Flags, options: FillOptions) -> list[Copy]:
    """Beside the middle of the hole, since sources are looked for in its rows first; less of it where it is turned."""
    free = example.usable.astype(np.uint8)
    first, last, _ = _ends(hole)[0]
    middle = (first + last) // 2
    limits = (MOST, MOST_OF_EXAMPLE) if options.mirrored or options.rotated else (max(free.shape), 0)
    wanted = ((free.shape[0] - 1) // 2, (free.shape[1] - 1) // 2)
    (whole_rows, whole_columns), (rows, columns) = (fullest(free, limit, *wanted) for limit in limits)
    whole = Copy(example.picture[whole_rows, whole_columns], free[whole_rows, whole_columns], 0)
    turned = _turned(example.picture[rows, columns], free[rows, columns], 0, options)
    return [replace(one, top=max(0, middle - one.usable.shape[0] // 2)) for one in (whole, *turned)]


def _turned(part: NDArray[np.float32], free: Flags, top: int, options: FillOptions) -> list[Copy]:
    """Mirrored left for right, at its own height, so that a horizon stays where it is; and rotated."""
    mirrored = [Copy(part[:, ::-1], free[:, ::-1], top)] if options.mirrored else []
    return mirrored + [_rotated(part, free, angle) for angle in ANGLES if options.rotated]


def _ends(hole: Flags) -> list[tuple[int, int, int]]:
    """Of rows and of columns: the first and the last of the hole, and how many there are."""
    inside = [np.flatnonzero(hole.any(axis=axis)) for axis in (1, 0)]
    return [(int(one[0]), int(one[-1]), length) for one, length in zip(inside, hole.shape, strict=True)]


def _around(first: int, last: int, length: int, most: int) -> slice:
    """At most so many around the middle."""
    start = max(0, min(length - most, (first + last) // 2 - most // 2))
    return slice(start, min(length, start + most))


def _rotated(part: NDArray[np.float32], free: Flags, angle: float) -> Copy:
    """By degrees, anticlockwise, as large as needed for all of it."""
    height, width = free.shape
    turn = np.deg2rad(angle)
    cosine, sine = abs(np.cos(turn)), abs(np.sin(turn))
    wide, tall = int(np.ceil(width * cosine + height * sine)), int(np.ceil(width * sine + height * cosine))
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    matrix[:, 2] += ((wide - width) / 2, (tall - height) / 2)
    copy = np.asarray(cv2.warpAffine(part, matrix, (wide, tall), flags=cv2.INTER_CUBIC), np.float32)
    seen = cv2.warpAffine(cv2.erode(free, np.ones((5, 5), np.uint8)), matrix, (wide, tall), flags=cv2.INTER_NEAREST)
    return Copy(copy.reshape(tall, wide, part.shape[2]), np.asarray(seen, np.uint8), 0)

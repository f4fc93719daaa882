"""What a fill by example copies in place of what is around: the opaque part of a further picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BridgeError, ErrorCode
from ..plan.bounds import Bounds
from .color import FULL, check_source, to_working
from .fill.exemplar import Example
from .fill.exemplar.fullest import fullest
from .prepare import TRUSTED_ALPHA
from .source import Image, Pixels, window

LARGEST = 2400  # pixels: the side of what is copied from
PIECE = np.ones((7, 7), np.uint8)
SAME = 2 / 255  # of the range: two pictures that differ by less, in the median, are one
NOTHING_OPAQUE = (
    "“Sample from”: the picture has no opaque place of at least 7 by 7 pixels outside what is filled, so there is "
    "nothing to copy. Choose another layer or file, or sample from all around."
)


@dataclass(frozen=True)
class Sample:
    """A further picture. pixels: (h, w, 1 to 4) uint8, uint16 or float32, straight alpha. bounds: what it covers, in
    document pixels; None: it lies nowhere. profile: as that of a Source.
    """

    pixels: Pixels
    bounds: Bounds | None
    profile: bytes | str | None


def example_of(sample: Sample, picture: Image, hole: NDArray[np.bool_], context: Bounds) -> Example:
    """What may be copied of it, as encoded sRGB.

    picture: (h, w, 3) encoded sRGB and hole: (h, w), of what is filled; context: the box of both, document pixels. Of a
    layer that is the picture itself, what lies in the hole is not copied: that is to go.

    Raises BridgeError: unsupported (depth, profile); invalid_request where nothing can be copied.
    """
    check_source(sample.pixels, sample.profile)
    box = Bounds(*cv2.boundingRect(hole.view(np.uint8))).translate(context.x, context.y)
    part = Bounds(0, 0, 0, 0) if sample.bounds is None else sample.bounds.intersect(box)
    usable = _opaque(sample.pixels)
    if sample.bounds is not None and not part.is_empty:
        inside, mine = window(hole, context, part), window(usable, sample.bounds, part)
        shown = np.ascontiguousarray(window(sample.pixels, sample.bounds, part))
        if _is_same(to_working(shown, sample.profile)[0], window(picture, context, part), inside & mine):
            mine[inside] = False
    rows, columns = _nearest(usable, sample.bounds, box)
    free = usable[rows, columns]
    if not free.any() or not cv2.erode(free.view(np.uint8), PIECE, borderType=cv2.BORDER_CONSTANT, borderValue=0).any():
        raise BridgeError(ErrorCode.INVALID_REQUEST, NOTHING_OPAQUE)
    return Example(to_working(np.ascontiguousarray(sample.pixels[rows, columns]), sample.profile)[0], free)


def _opaque(pixels: Pixels) -> NDArray[np.bool_]:
    if pixels.shape[2] in (1, 3):
        return np.ones(pixels.shape[:2], np.bool_)
    return np.asarray(pixels[:, :, -1] >= TRUSTED_ALPHA * FULL[pixels.dtype], np.bool_)


def _is_same(one: Image, other: Image, compared: NDArray[np.bool_]) -> bool:
    if not compared.any():
        return False
    return float(np.median(np.abs(one - other).max(axis=2)[compared])) < SAME


def _nearest(usable: NDArray[np.bool_], bounds: Bounds | None, hole: Bounds) -> tuple[slice, slice]:
    """Rows and columns around all that is usable; of what is larger the part by the hole, or the middle, or where most
    is usable.
    """
    x, y, width, height = cv2.boundingRect(usable.view(np.uint8))
    down, across = y + height // 2, x + width // 2
    if bounds is not None:
        down, across = hole.y + hole.height // 2 - bounds.y, hole.x + hole.width // 2 - bounds.x
    inside = usable[y : y + height, x : x + width]
    rows, columns = fullest(inside, LARGEST, down - y, across - x)
    return slice(rows.start + y, rows.stop + y), slice(columns.start + x, columns.stop + x)

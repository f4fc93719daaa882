"""What a job starts from: the crop that was sent, its mask, and where they lie in the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BridgeError, ErrorCode
from ..plan.bounds import Bounds

Pixels = NDArray[Any]  # (H, W, C) uint8, uint16 or float32
Image = NDArray[np.float32]  # (H, W, 3) sRGB-encoded, 0 to 1
Mask = NDArray[np.uint8]  # (H, W), 0 to 255


@dataclass(frozen=True)
class Source:
    """The crop of a document. The arrays are only ever read, and may be views of a memory-mapped file.

    image: (H, W, C) uint8, uint16 or float32; C = 1 gray, 2 gray + alpha, 3 RGB, 4 RGBA; straight alpha. None: txt2img.
    mask: (H, W) uint8, 255 = repaint, soft values kept. None: everything that the plan covers is meant.
    bounds: the box both cover, document pixels. profile: an ICC profile, a profile's name, or None = sRGB.

    Raises BridgeError (invalid_request) where an array does not have the size of `bounds`.
    """

    image: Pixels | None
    mask: Mask | None
    bounds: Bounds
    profile: bytes | str | None = None

    def __post_init__(self) -> None:
        size = (self.bounds.height, self.bounds.width)
        if self.image is not None and (self.image.ndim != 3 or self.image.shape[:2] != size):
            raise _wrong_shape("picture", self.image.shape, size)
        if self.mask is not None and self.mask.shape != size:
            raise _wrong_shape("mask", self.mask.shape, size)


def selection_bounds(source: Source) -> Bounds | None:
    """The box around mask > 0, in document pixels; None without a mask. Raises BridgeError (empty_selection)."""
    if source.mask is None:
        return None
    x, y, width, height = cv2.boundingRect(source.mask)
    if not width or not height:
        raise BridgeError(
            ErrorCode.EMPTY_SELECTION, "The selection is empty, so there is nothing to paint. Select an area first."
        )
    return Bounds(source.bounds.x + x, source.bounds.y + y, width, height)


def window(array: NDArray[Any], have: Bounds, want: Bounds) -> NDArray[Any]:
    """The part `want` of an array that covers `have`, zero where it covers nothing.

    A view where `want` lies inside `have`, else a new array. This is the one place where offsets become indices.
    """
    common = have.intersect(want)
    inner = common.relative_to(have)
    part = array[inner.y : inner.bottom, inner.x : inner.right]
    if common == want:
        return part
    whole = np.zeros((want.height, want.width, *array.shape[2:]), array.dtype)
    outer = common.relative_to(want)
    whole[outer.y : outer.bottom, outer.x : outer.right] = part
    return whole


def mirrored(array: NDArray[Any], have: Bounds, want: Bounds) -> NDArray[Any]:
    """An array that covers `have`, continued by its mirror image to cover `want`, which contains `have` and is less
    than twice as long beyond each edge. The array itself where there is nothing to continue.
    """
    if have == want:
        return array
    whole = np.empty((want.height, want.width, *array.shape[2:]), array.dtype)
    inner = have.relative_to(want)
    whole[inner.y : inner.bottom, inner.x : inner.right] = array
    mirror_beyond(whole, inner)
    return whole


def continued(array: NDArray[Any], have: Bounds, want: Bounds) -> NDArray[Any]:
    """Mirrored beyond the picture's edges, as often as a small picture needs."""
    while have != want:
        left, top = min(have.x - want.x, have.width), min(have.y - want.y, have.height)
        right, bottom = min(want.right - have.right, have.width), min(want.bottom - have.bottom, have.height)
        grown = Bounds(have.x - left, have.y - top, have.width + left + right, have.height + top + bottom)
        array, have = mirrored(array, have, grown), grown
    return array


def mirror_beyond(array: NDArray[Any], inner: Bounds) -> None:
    """Fill what lies outside the box `inner` of an array with the mirror image of what lies inside, in place."""
    for lines, first, last in (
        (array[:, inner.x : inner.right], inner.y, inner.bottom),
        (array.swapaxes(0, 1), inner.x, inner.right),
    ):
        after = len(lines) - last
        lines[:first] = lines[first : 2 * first][::-1]
        lines[last:] = lines[last - after : last][::-1]


def _wrong_shape(what: str, shape: tuple[int, ...], size: tuple[int, int]) -> BridgeError:
    return BridgeError(
        ErrorCode.INVALID_REQUEST,
        f"The {what} does not have the size of its box, {size[1]} by {size[0]} pixels. Update the plug-in.",
        f"shape {shape}",
    )

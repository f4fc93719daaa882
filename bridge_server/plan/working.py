"""From a context box to the size the model works at; the context is adjusted so that little or nothing is resampled."""

from __future__ import annotations

import math

from .bounds import Bounds
from .families import NativeSize

MAX_ASPECT = 2.0  # a context longer than this is widened: models repeat objects along very long pictures


def limit_aspect(context: Bounds, room: Bounds, max_pixels: int) -> Bounds:
    """Widen the short side of a very long context, as far as the room has pixels and the limit allows."""
    longest = max(context.width, context.height, 1)
    shortest = min(math.ceil(longest / MAX_ASPECT), max_pixels // longest)
    return context.grow_to(min(shortest, room.width), min(shortest, room.height)).shift_inside(room)


def fit_working(context: Bounds, native: NativeSize, room: Bounds) -> tuple[Bounds, int, int]:
    """The context, grown inside `room` until it has the working picture's shape, and the working width and height.

    Where the model can take the context at its own size and the room allows it, the two sizes become equal, and then
    not one pixel is resampled. Otherwise both axes are scaled alike, up to what rounding to whole pixels and a room
    that is too small leave over.
    """
    width, height = working_size(context, native)
    exact = context.grow_to(width, height).shift_inside(room)
    if (exact.width, exact.height) == (width, height):
        return exact, width, height
    scale = min(width / context.width, height / context.height)
    # 1e-9: width / scale must not be rounded up a whole pixel where it is an integer already
    grown = context.grow_to(math.ceil(width / scale - 1e-9), math.ceil(height / scale - 1e-9)).shift_inside(room)
    return grown, width, height


def working_size(context: Bounds, native: NativeSize) -> tuple[int, int]:
    """Size the model works at, in working pixels; both sides are multiples of `native.multiple`.

    The context's own size, rounded up, where it lies between the native square's area and `max_pixels`. Smaller ones
    are scaled up until both the area reaches the native square's and the shorter side `min_side`; larger ones are
    scaled down to `max_pixels`. No side is made longer than `max_side`, the strongest rule of the three.
    """
    width, height = context.width, context.height
    up = max(1.0, native.side / math.sqrt(width * height), native.min_side / min(width, height))
    down = min(math.sqrt(native.max_pixels / (width * height)), native.max_side / max(width, height))
    if up == 1.0 and down >= 1.0:
        exact = _multiple_above(width, native.multiple), _multiple_above(height, native.multiple)
        if exact[0] * exact[1] <= native.max_pixels and max(exact) <= native.max_side:
            return exact
    scale = min(up, down)
    return nearest_multiple(width * scale, native.multiple), nearest_multiple(height * scale, native.multiple)


def _multiple_above(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def nearest_multiple(length: float, multiple: int) -> int:
    """At least two: of one, some processors' bfloat16 convolutions return garbage (seen with PyTorch 2.13 on AMX)."""
    return max(2, round(length / multiple)) * multiple

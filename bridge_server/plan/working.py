"""From a context box to the size the model works at; the context is adjusted so that little or nothing is resampled."""

from __future__ import annotations

import math

from .bounds import Bounds
from .native import NativeSize

NEARLY = 1.08  # a picture is not enlarged by less; enlarged by more, the model gives it more detail
MIRRORED = 4  # of what there is, how much may be added as a mirror image rather than stretching what there is
MAX_ASPECT = 2.0  # a context longer than this is widened: models repeat objects along very long pictures


def limit_aspect(context: Bounds, available: Bounds, max_pixels: int) -> Bounds:
    """Widen the short side of a very long context, as far as `available` has pixels and the limit allows."""
    longest = max(context.width, context.height, 1)
    shortest = min(math.ceil(longest / MAX_ASPECT), max_pixels // longest)
    return context.grow_to(min(shortest, available.width), min(shortest, available.height)).shift_inside(available)


def fit_working(context: Bounds, native: NativeSize, available: Bounds) -> tuple[Bounds, int, int]:
    """The working bounds: the context, grown until it has the working picture's shape; and the working size.

    Where the model can take the context at its own size, and `available` has the pixels or is short of a few, the two
    sizes become equal, and then not one pixel is resampled. Otherwise both axes are scaled alike, up to what rounding
    to whole pixels leaves over. See grown_to for how it grows, and what is left to be stretched.
    """
    width, height = working_size(context, native)
    scale = min(width / context.width, height / context.height)
    exact = grown_to(context, width, height, available)
    if (exact.width, exact.height) == (width, height) and (scale <= NEARLY or available.contains(exact)):
        return exact, width, height
    # 1e-9: width / scale must not be rounded up a whole pixel where it is an integer already
    return (
        grown_to(context, math.ceil(width / scale - 1e-9), math.ceil(height / scale - 1e-9), available),
        width,
        height,
    )


def grown_to(context: Bounds, width: int, height: int, available: Bounds) -> Bounds:
    """The context, grown to width by height as far as `available` has pixels, and on all sides alike beyond it.

    Beyond `available`, where the picture is mirrored, an axis grows by at most a quarter of what there is; if that
    does not do, it stays as long as that.
    """
    inside = context.grow_to(width, height).shift_inside(available)
    most = (side + side // MIRRORED for side in (inside.width, inside.height))
    return inside.grow_to(*(side if side <= limit else 0 for side, limit in zip((width, height), most, strict=True)))


def working_size(context: Bounds, native: NativeSize) -> tuple[int, int]:
    """Size the model works at, in working pixels; both sides are multiples of `native.multiple`.

    The context's own size, rounded up, where that lies between the native square's area and `max_pixels`, and adds no
    more than can be mirrored where there is no room. Smaller ones are scaled up until both the area reaches the native
    square's and the shorter side `min_side`; larger ones are scaled down to `max_pixels`. No side is made longer than
    `max_side`, the strongest rule of the three.
    """
    width, height = context.width, context.height
    exact = _multiple_above(width, native.multiple), _multiple_above(height, native.multiple)
    if (
        native.side**2 <= exact[0] * exact[1] <= native.max_pixels
        and native.min_side <= min(exact)
        and max(exact) <= native.max_side
        and exact[0] <= width + width // MIRRORED
        and exact[1] <= height + height // MIRRORED
    ):
        return exact
    up = max(1.0, native.side / math.sqrt(width * height), native.min_side / min(width, height))
    down = min(math.sqrt(native.max_pixels / (width * height)), native.max_side / max(width, height))
    scale = min(up, down)
    return nearest_multiple(width * scale, native.multiple), nearest_multiple(height * scale, native.multiple)


def _multiple_above(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def nearest_multiple(length: float, multiple: int) -> int:
    """At least two: of one, some processors' bfloat16 convolutions return garbage (seen with PyTorch 2.13 on AMX)."""
    return max(2, round(length / multiple)) * multiple

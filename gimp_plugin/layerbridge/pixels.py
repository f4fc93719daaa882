"""Layers and images of a result's own pixels, converted where the image has other numbers. Main thread only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Union

from gi.repository import Babl, Gegl, Gimp, GLib

from .artifacts import BYTES, Picture, Result
from .depth import Depth, depth_in, depth_of, plain_image
from .failures import BridgeError
from .geometry import strips_of
from .texts import _

MASK_FORMAT = "Y u8"  # masks are linear, whatever the image is
Painted = Union[Result, Picture]


def new_layer(image: Gimp.Image, result: Painted) -> Gimp.Layer:
    """A layer of the image's own depth, not inserted yet, with the result's pixels.

    Where they are of the image's profile they are written as they are. Where the image has another profile or mode by
    now, babl converts them; between profiles that it does not know, GIMP, as from one image to another.
    """
    present = depth_of(image)
    if present.describes(result.icc, result.is_gray):
        return filled_layer(image, result, present)
    given = _depth_of_result(result)
    if present.is_known_to_babl and given.is_known_to_babl:
        return filled_layer(image, result, given)
    with carrier(result) as source:
        return Gimp.Layer.new_from_drawable(source, image)


@contextmanager
def carrier(result: Painted) -> Iterator[Gimp.Layer]:
    """The only layer of an image of the result's own numbers, which is gone afterwards."""
    image = image_like(result, *result.size)
    try:
        source = filled_layer(image, result, depth_of(image))
        image.insert_layer(source, None, 0)
        yield source
    finally:
        image.delete()


def image_like(result: Painted, width: int, height: int) -> Gimp.Image:
    """An empty image whose own numbers are those of the result: its mode, depth and profile."""
    given = _depth_of_result(result)
    return plain_image(width, height, given.dtype, given.gray, given.icc)


def _depth_of_result(result: Painted) -> Depth:
    try:
        return depth_in(result.dtype, result.is_gray, result.icc)
    except GLib.Error as error:
        text = _("The color profile of the result cannot be read. Update the plug-in and Layerbridge.")
        raise BridgeError("invalid_frame", text, error.message) from None


def filled_layer(image: Gimp.Image, result: Painted, depth: Depth) -> Gimp.Layer:
    """A layer of `image`, filled with numbers of this depth. With alpha, where the result has it."""
    gray, alpha = image.get_base_type() == Gimp.ImageBaseType.GRAY, result.channels % 2 == 0
    if gray:
        kind = Gimp.ImageType.GRAYA_IMAGE if alpha else Gimp.ImageType.GRAY_IMAGE
    else:
        kind = Gimp.ImageType.RGBA_IMAGE if alpha else Gimp.ImageType.RGB_IMAGE
    layer = Gimp.Layer.new(image, result.name, *result.size, kind, 100.0, Gimp.LayerMode.NORMAL)
    babl_format = depth.babl_format(result.channels, result.dtype)
    write(layer, babl_format, result.channels * BYTES[result.dtype], result.pixels)
    return layer


def write(drawable: Gimp.Drawable, babl_format: str, bytes_per_pixel: int, data: bytes | memoryview) -> None:
    """Fill a whole drawable. GIMP ignores data of a wrong length, and dies of a group: both are checked here."""
    width, height = drawable.get_width(), drawable.get_height()
    if drawable.is_group() or len(data) != width * height * bytes_per_pixel:
        raise BridgeError("internal", _("The result does not fit its layer."), f"{len(data)} bytes")
    buffer, row = drawable.get_buffer(), width * bytes_per_pixel
    for top, rows in strips_of(height, row):
        buffer.set(Gegl.Rectangle.new(0, top, width, rows), babl_format, data[top * row : (top + rows) * row])
    buffer.flush()
    drawable.update(0, 0, width, height)


def channel_format(channel: Gimp.Channel) -> str:
    """The format of 8-bit masks in this channel: one of an 8-bit image is not linear, others are."""
    return "Y' u8" if Babl.get_name(channel.get_format()).startswith("Y'") else MASK_FORMAT

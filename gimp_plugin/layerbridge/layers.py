"""Reading layers: their own pixels, what one shows alone, what all of an image show. Nothing of the image is changed.

Main thread only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gi.repository import Gegl, Gimp

from layerbridge_client.wire import Tensor

from .artifacts import BYTES
from .depth import Depth
from .failures import BridgeError
from .geometry import Box, strips_of
from .texts import _


def all_layers(layers: list[Gimp.Layer]) -> list[Gimp.Layer]:
    """Layers and what their groups hold, from the top."""
    found: list[Gimp.Layer] = []
    for layer in layers:
        found.append(layer)
        if layer.is_group():
            found += all_layers(layer.get_children())
    return found


def layer_of(image: Gimp.Image, tattoo: str) -> Gimp.Layer | None:
    """The layer that has the tattoo of a note; None where there is none, or none was noted."""
    return image.get_layer_by_tattoo(int(tattoo)) if tattoo.isdigit() and int(tattoo) else None


def item_box(item: Gimp.Drawable) -> Box:
    _ok, x, y = item.get_offsets()
    return Box(x, y, item.get_width(), item.get_height())


def read_pixels(drawable: Gimp.Drawable, box: Box, pixel_format: str, bytes_per_pixel: int) -> bytes:
    """Bytes of `box` in the drawable's own pixels; zero outside it. Raises BridgeError where GIMP gave too few."""
    buffer, strips = drawable.get_buffer(), []
    for top, rows in strips_of(box.height, box.width * bytes_per_pixel):
        rectangle = Gegl.Rectangle.new(box.x, box.y + top, box.width, rows)
        strips.append(buffer.get(rectangle, 1.0, pixel_format, Gegl.AbyssPolicy.NONE))
    data = strips[0] if len(strips) == 1 else b"".join(strips)
    if len(data) != box.width * box.height * bytes_per_pixel:
        raise BridgeError(
            "internal", _("GIMP could not read {width} × {height} pixels.").format(width=box.width, height=box.height)
        )
    return data


def read_layer(layer: Gimp.Layer, box: Box, depth: Depth, hidden: Sequence[Gimp.Layer] = ()) -> Tensor:
    """`box` (document pixels) of one layer or group as it shows, without its opacity and mode; also off the canvas.

    hidden: layers that are left out of a group.
    """
    if not _shows_otherwise(layer):
        own = item_box(layer)
        opaque = own.contains(box) and not layer.has_alpha()
        return _tensor_of(layer, box.shifted(-own.x, -own.y), depth, alpha=not opaque)
    with read_alone(layer, box, hidden) as shown:
        return _tensor_of(shown, Box(0, 0, box.width, box.height), depth, alpha=True)


@contextmanager
def read_alone(layer: Gimp.Layer, box: Box, hidden: Sequence[Gimp.Layer] = ()) -> Iterator[Gimp.Layer]:
    """A layer or group as it shows, as the only layer of an image of the size of `box`, which is gone afterwards."""
    with _copy_without(layer.get_image(), hidden) as copy:
        _show_only(copy, _at(copy, _path(layer)))
        copy.resize(box.width, box.height, -box.x, -box.y)
        shown = Gimp.Layer.new_from_visible(copy, copy, "alone")
        copy.insert_layer(shown, None, 0)
        yield shown


def read_visible(image: Gimp.Image, box: Box, depth: Depth, hidden: Sequence[Gimp.Layer]) -> Tensor:
    """`box` of all that is visible, without `hidden` layers. Read from a copy, cut to it first: GIMP composes the crop,
    not the canvas.
    """
    filtered = any(_has_filters(layer) for layer in image.get_layers())
    with _copy_without(image, hidden) as copy:
        there = box
        if not filtered:  # filters look beyond the crop: then the whole canvas is composed
            copy.crop(box.width, box.height, box.x, box.y)
            there = Box(0, 0, box.width, box.height)
        visible = Gimp.Layer.new_from_visible(copy, copy, "crop")
        copy.insert_layer(visible, None, 0)
        return _tensor_of(visible, there, depth, alpha=True)


@contextmanager
def _copy_without(image: Gimp.Image, hidden: Sequence[Gimp.Layer]) -> Iterator[Gimp.Image]:
    """A copy of the image in which `hidden` layers are hidden. It is gone afterwards."""
    paths = [_path(layer) for layer in hidden if layer.is_valid() and layer.get_image() == image]
    copy = image.duplicate()
    try:
        copy.undo_disable()
        for path in paths:
            _at(copy, path).set_visible(False)
        yield copy
    finally:
        copy.delete()


def _shows_otherwise(layer: Gimp.Layer) -> bool:
    """Whether a layer's own pixels are not what it shows."""
    masked = layer.get_mask() is not None and layer.get_apply_mask()
    return bool(layer.is_group() or masked or _has_filters(layer))


def _has_filters(item: Gimp.Item) -> bool:
    if item.is_group() and any(_has_filters(child) for child in item.get_children()):
        return True
    return bool(item.get_filters())


def _tensor_of(drawable: Gimp.Drawable, box: Box, depth: Depth, alpha: bool) -> Tensor:
    channels = depth.channels(alpha)
    data = read_pixels(drawable, box, depth.babl_format(channels), channels * BYTES[depth.dtype])
    return Tensor(depth.dtype, (box.height, box.width, channels), data)


def _show_only(image: Gimp.Image, layer: Gimp.Layer) -> None:
    for other in image.get_layers():
        other.set_visible(False)
    image.reorder_item(layer, None, 0)
    layer.set_visible(True)
    layer.set_opacity(100.0)
    layer.set_mode(Gimp.LayerMode.NORMAL)


def _path(item: Gimp.Item) -> list[int]:
    """Positions from the top of the layer tree down to `item`."""
    path: list[int] = []
    image, here = item.get_image(), item
    while here is not None:
        path.insert(0, image.get_item_position(here))
        here = here.get_parent()
    return path


def _at(image: Gimp.Image, path: list[int]) -> Gimp.Item:
    item = image.get_layers()[path[0]]
    for position in path[1:]:
        item = item.get_children()[position]
    return item

"""Putting results into an image: layers with masks at their place, all in one undo step. Main thread only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gi.repository import Gegl, Gimp, GLib

from layerbridge_client import wire

from .capture import ORIGIN_PARASITE, PARASITE, read_origin
from .depth import BYTES, Depth, depth_in, depth_of, plain_image
from .failures import GONE, BridgeError
from .geometry import Box, Placement, place, strips_of
from .operations import find
from .texts import _

PERSISTENT_UNDOABLE = 3  # GIMP_PARASITE_PERSISTENT | GIMP_PARASITE_UNDOABLE; macros, not introspected


@dataclass(frozen=True)
class Anchor:
    """Where results go in the layer tree, and what else belongs to the step."""

    image: Gimp.Image
    above: Gimp.Layer | None  # directly above this layer; None: on top of everything
    origin: tuple[int, int]  # of the scene when the job was sent
    hide: bool = False  # hide `above`: the result stands in for it
    convert: bool = False  # the painter agreed that an indexed image becomes RGB


@dataclass(frozen=True)
class Result:
    """A result frame that was checked.

    pixels: of `dtype` U8, U16 or F32, (H, W, `channels` 2 or 4), straight alpha, in the profile `icc`; None: sRGB.
    mask: (H, W), 8 bit.
    """

    message: dict[str, Any]
    bounds: Box
    dtype: str
    channels: int
    pixels: memoryview
    mask: memoryview
    icc: bytes | None
    name: str
    note: dict[str, Any]  # the parasite's content

    @property
    def is_gray(self) -> bool:
        return self.channels == 2


@dataclass(frozen=True)
class Inserted:
    layers: list[Gimp.Layer]
    notes: list[str]


def read_result(data: bytes, name: str, note: dict[str, Any]) -> Result:
    """Check a result frame. Raises BridgeError where it is not what the protocol says."""
    try:
        frame = wire.decode(data)
        image, mask = frame.header.tensors["image"], frame.header.tensors["mask"]
        bounds = Box.from_json(frame.message["bounds"])
        icc = bytes(frame.tensor("icc")) if "icc" in frame.header.tensors else None
    except (wire.FrameError, KeyError, TypeError, ValueError) as error:
        raise BridgeError("invalid_frame", _("The result is damaged. Update the plug-in."), str(error)) from None
    fits = image.shape[:2] == mask.shape == (bounds.height, bounds.width) and image.shape[2:] in ((2,), (4,))
    if not fits or image.dtype not in BYTES or mask.dtype != "U8" or bounds.is_empty:
        detail = f"image {image.dtype}{list(image.shape)}, mask {list(mask.shape)}, bounds {bounds}"
        raise BridgeError("invalid_frame", _("The result has another form than expected. Update the plug-in."), detail)
    pixels, shown = frame.tensor("image"), frame.tensor("mask")
    return Result(frame.message, bounds, image.dtype, image.shape[2], pixels, shown, icc, name, note)


def insert(anchor: Anchor, results: Sequence[Result], group_name: str) -> Inserted:
    """Insert the results, several of them in a group with only the first visible. One undo step.

    The painter's selected layers stay selected, so that a brush that is in use goes on where it was.
    """
    image = anchor.image
    _check_image(anchor)
    above, notes = _anchor_layer(anchor)
    kept_layers, kept_channels = image.get_selected_layers(), image.get_selected_channels()
    image.undo_group_start()
    try:
        if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
            image.convert_rgb()
        placements = _make_room(anchor, results)
        layers = _insert_all(image, above, results, placements, group_name)
        if anchor.hide and above is not None:
            above.set_visible(False)
    finally:
        image.undo_group_end()
        if kept_channels:
            image.set_selected_channels(kept_channels)
        elif kept_layers:
            image.set_selected_layers([layer for layer in kept_layers if layer.is_valid()])
    return Inserted(layers, notes)


def _check_image(anchor: Anchor) -> None:
    if not anchor.image.is_valid():
        raise BridgeError(
            GONE,
            _(
                "The image was closed before the result was ready. Nothing is lost: open it again, and "
                "Filters ▸ Layerbridge ▸ History… inserts the result."
            ),
        )
    if anchor.image.get_base_type() == Gimp.ImageBaseType.INDEXED and not anchor.convert:
        raise BridgeError(
            GONE,
            _(
                "The image became indexed before the result was ready. Nothing is lost: choose Image ▸ Mode ▸ RGB, and "
                "Filters ▸ Layerbridge ▸ History… inserts the result."
            ),
        )


def _anchor_layer(anchor: Anchor) -> tuple[Gimp.Layer | None, list[str]]:
    above = anchor.above
    if above is None or (above.is_valid() and above.get_image() == anchor.image):
        return above, []
    text = _(
        "The layer was deleted before the result was ready: the result lies on top of all layers. "
        "Filters ▸ Layerbridge ▸ History… fetches it again at any time."
    )
    return None, [text]


def _make_room(anchor: Anchor, results: Sequence[Result]) -> list[Placement]:
    """Resize the canvas where an operation grows it, and say where each result lies after that."""
    image = anchor.image
    wanted = None
    for result in results:
        operation = find(str(result.message.get("kind", "")))
        if operation is not None and operation.grows_canvas:
            canvas = Box.from_json(result.message["canvas"])
            wanted = canvas if wanted is None else wanted.union(canvas)
    now, origin_now = Box(0, 0, image.get_width(), image.get_height()), read_origin(image)
    placements = [place(result.bounds, wanted, anchor.origin, now, origin_now) for result in results]
    room = placements[0]
    if room.canvas is not None:
        image.resize(room.canvas.width, room.canvas.height, room.shift[0], room.shift[1])
        x, y = origin_now[0] + room.shift[0], origin_now[1] + room.shift[1]
        image.attach_parasite(Gimp.Parasite.new(ORIGIN_PARASITE, PERSISTENT_UNDOABLE, f"{x},{y}".encode("ascii")))
    return placements


def _insert_all(
    image: Gimp.Image,
    above: Gimp.Layer | None,
    results: Sequence[Result],
    placements: Sequence[Placement],
    group_name: str,
) -> list[Gimp.Layer]:
    parent = None if above is None else above.get_parent()
    position = 0 if above is None else _position_above(image, above)
    if len(results) == 1:
        return [_insert_one(image, parent, position, results[0], placements[0])]
    group = Gimp.GroupLayer.new(image, group_name)  # not pass-through: GIMP 3.0's PNG export drops what lies below
    image.insert_layer(group, parent, position)
    _attach(group, {key: value for key, value in results[0].note.items() if key != "result"})
    layers = []
    for index, result in enumerate(results):
        layer = _insert_one(image, group, index, result, placements[index])
        layer.set_visible(index == 0)
        layers.append(layer)
    return layers


def _position_above(image: Gimp.Image, layer: Gimp.Layer) -> int:
    """The place directly above `layer` and above the results that were made from it and lie there already."""
    parent = layer.get_parent()
    siblings = image.get_layers() if parent is None else parent.get_children()
    position, source = image.get_item_position(layer), str(layer.get_tattoo())
    while position > 0 and (read_note(siblings[position - 1]) or {}).get("layer") == source:
        position -= 1
    return position


def _insert_one(
    image: Gimp.Image, parent: Gimp.Layer | None, position: int, result: Result, placement: Placement
) -> Gimp.Layer:
    layer = _new_layer(image, result)
    image.insert_layer(layer, parent, position)
    layer.set_offsets(placement.bounds.x, placement.bounds.y)
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    _write(mask, "Y u8", 1, result.mask)  # masks are linear, whatever the image is
    layer.set_edit_mask(False)
    _attach(layer, result.note)
    return layer


def _new_layer(image: Gimp.Image, result: Result) -> Gimp.Layer:
    """A layer of the image's own depth, not inserted yet, with the result's pixels.

    Where they are of the image's profile they are written as they are. Where the image has another profile or mode by
    now, babl converts them; between profiles that it does not know, GIMP, as from one image to another.
    """
    present = depth_of(image)
    if present.describes(result.icc, result.is_gray):
        return _filled_layer(image, result, present)
    given = _depth_of_result(result)
    if present.is_known_to_babl and given.is_known_to_babl:
        return _filled_layer(image, result, given)
    carrier = image_like(result, result.bounds.width, result.bounds.height)
    try:
        source = _filled_layer(carrier, result, depth_of(carrier))
        carrier.insert_layer(source, None, 0)
        return Gimp.Layer.new_from_drawable(source, image)
    finally:
        carrier.delete()


def image_like(result: Result, width: int, height: int) -> Gimp.Image:
    """An empty image whose own numbers are those of the result: its mode, depth and profile."""
    given = _depth_of_result(result)
    return plain_image(width, height, given.dtype, given.gray, given.icc)


def _depth_of_result(result: Result) -> Depth:
    try:
        return depth_in(result.dtype, result.is_gray, result.icc)
    except GLib.Error as error:
        text = _("The colour profile of the result cannot be read. Update the plug-in and Layerbridge.")
        raise BridgeError("invalid_frame", text, error.message) from None


def _filled_layer(image: Gimp.Image, result: Result, depth: Depth) -> Gimp.Layer:
    """A layer of `image`, filled with numbers of this depth."""
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    kind = Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE
    width, height = result.bounds.width, result.bounds.height
    layer = Gimp.Layer.new(image, result.name, width, height, kind, 100.0, Gimp.LayerMode.NORMAL)
    babl_format = depth.babl_format(result.channels, result.dtype)
    _write(layer, babl_format, result.channels * BYTES[result.dtype], result.pixels)
    return layer


def _write(drawable: Gimp.Drawable, babl_format: str, bytes_per_pixel: int, data: memoryview) -> None:
    """Fill a whole drawable. GIMP ignores data of a wrong length, and dies of a group: both are checked here."""
    width, height = drawable.get_width(), drawable.get_height()
    if drawable.is_group() or len(data) != width * height * bytes_per_pixel:
        raise BridgeError("internal", _("The result does not fit its layer."), f"{len(data)} bytes")
    buffer, row = drawable.get_buffer(), width * bytes_per_pixel
    for top, rows in strips_of(height, row):
        buffer.set(Gegl.Rectangle.new(0, top, width, rows), babl_format, data[top * row : (top + rows) * row])
    buffer.flush()
    drawable.update(0, 0, width, height)


def _attach(item: Gimp.Item, note: dict[str, Any]) -> None:
    data = json.dumps(note, separators=(",", ":")).encode("ascii")  # GIMP takes bytes below 128 only
    item.attach_parasite(Gimp.Parasite.new(PARASITE, PERSISTENT_UNDOABLE, data))


def read_note(item: Gimp.Item) -> dict[str, Any] | None:
    """The parasite of a layer or group that Layerbridge made, or None."""
    parasite = item.get_parasite(PARASITE)
    if parasite is None:
        return None
    try:
        note = json.loads(bytes(parasite.get_data()))
    except ValueError:
        return None
    return note if isinstance(note, dict) else None

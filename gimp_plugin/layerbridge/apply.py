"""Putting results into an image: layers with masks at their place, all in one undo step. Main thread only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gi.repository import Gimp

from .artifacts import Result
from .capture import ORIGIN_PARASITE, PARASITE, read_origin
from .failures import GONE, BridgeError
from .geometry import Box, Placement, origin_text, place
from .operations import find
from .pixels import MASK_FORMAT, new_layer, write
from .texts import _, t

PERSISTENT_UNDOABLE = 3  # GIMP_PARASITE_PERSISTENT | GIMP_PARASITE_UNDOABLE; macros, not introspected


@dataclass(frozen=True)
class Anchor:
    """Where results go in the layer tree, and what else belongs to the step."""

    image: Gimp.Image
    above: Gimp.Layer | None  # directly above this layer; None: on top of everything
    origin: tuple[int, int]  # of the scene when the job was sent
    hide: bool = False  # hide `above`: the result stands in for it
    convert: bool = False  # the user agreed that an indexed image becomes RGB
    active: Gimp.Layer | None = None  # gets a layer mask, where a selection is used as one


@dataclass(frozen=True)
class Inserted:
    layers: list[Gimp.Layer]
    notices: list[str]


def insert(anchor: Anchor, results: Sequence[Result], group_name: str) -> Inserted:
    """Insert the results, several of them in a group with only the first visible. One undo step.

    The user's selected layers stay selected, so that a brush that is in use goes on where it was.
    """
    with inserting(anchor) as (above, notices):
        placements = _grow_canvas(anchor, results)
        layers = _insert_all(anchor.image, above, results, placements, group_name)
        if anchor.hide and above is not None:
            above.set_visible(False)
    return Inserted(layers, notices)


def insert_stacks(anchor: Anchor, stacks: Sequence[Sequence[Result]], group_name: str) -> Inserted:
    """Insert layers that belong together, the lowest first, each stack of them as a group of its own; of several groups
    the first is on top, and alone visible. One undo step.

    They are blended as the daemon reckons, in encoded sRGB; GIMP blends in linear light where nobody says otherwise,
    and what is half transparent would come out lighter.
    """
    with inserting(anchor) as (above, notices):
        image = anchor.image
        placements = iter(_grow_canvas(anchor, [result for stack in stacks for result in stack]))
        parent, position = position_above(image, above)
        layers = []
        for number, stack in enumerate(stacks):
            name = f"{group_name} #{number + 1}" if len(stacks) > 1 else group_name
            group = _insert_group(image, parent, position + number, name, stack[0].note)
            made = [_insert_one(image, group, 0, result, next(placements)) for result in stack]
            for layer in made:
                layer.set_composite_space(Gimp.LayerColorSpace.RGB_PERCEPTUAL)
            layers += made
            group.set_visible(number == 0)
        if anchor.hide and above is not None:
            above.set_visible(False)
    return Inserted(layers, notices)


@contextmanager
def inserting(anchor: Anchor) -> Iterator[tuple[Gimp.Layer | None, list[str]]]:
    """One undo step in which layers are put into the image: the layer that they go above, and what to say of it.

    Raises BridgeError where no layer can be put there.
    """
    check_image(anchor)
    found = _layer_above(anchor)
    with one_step(anchor.image):
        if anchor.image.get_base_type() == Gimp.ImageBaseType.INDEXED:
            anchor.image.convert_rgb()
        yield found


@contextmanager
def one_step(image: Gimp.Image) -> Iterator[None]:
    """What is done inside is one undo step; the user's layers and channels stay selected."""
    kept_layers, kept_channels = image.get_selected_layers(), image.get_selected_channels()
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()
        if kept_channels:
            image.set_selected_channels(kept_channels)
        elif kept_layers:
            image.set_selected_layers([layer for layer in kept_layers if layer.is_valid()])


def check_open(image: Gimp.Image) -> None:
    """Raises BridgeError where the image was closed."""
    if not image.is_valid():
        raise BridgeError(
            GONE,
            _(
                "The image was closed before the result was ready. Nothing is lost: open it again, and "
                "Filters ▸ Layerbridge ▸ History… inserts the result."
            ),
        )


def check_image(anchor: Anchor) -> None:
    """Raises BridgeError where no layer can be put into the image."""
    check_open(anchor.image)
    if anchor.image.get_base_type() == Gimp.ImageBaseType.INDEXED and not anchor.convert:
        raise BridgeError(
            GONE,
            _(
                "The image became indexed before the result was ready. Nothing is lost: choose Image ▸ Mode ▸ RGB, and "
                "Filters ▸ Layerbridge ▸ History… inserts the result."
            ),
        )


def bounds_now(anchor: Anchor, bounds: Box) -> Box:
    """Where a box of the document lies after the canvas grew meanwhile."""
    canvas = Box(0, 0, anchor.image.get_width(), anchor.image.get_height())
    return place(bounds, None, anchor.origin, canvas, read_origin(anchor.image)).bounds


def _layer_above(anchor: Anchor) -> tuple[Gimp.Layer | None, list[str]]:
    """The layer that results go above, and what to say where it is gone."""
    above = anchor.above
    if above is None or (above.is_valid() and above.get_image() == anchor.image):
        return above, []
    return None, [t("layerGoneTop")]


def _grow_canvas(anchor: Anchor, results: Sequence[Result]) -> list[Placement]:
    """Resize the canvas where an operation grows it, and say where each result lies after that."""
    image = anchor.image
    wanted = None
    for result in results:
        made_by = result.message.get("operation") or result.message.get("kind", "")  # kind: of jobs of before
        operation = find(str(made_by))
        if operation is not None and operation.grows_canvas:
            canvas = Box.from_json(result.message["canvas"])
            wanted = canvas if wanted is None else wanted.union(canvas)
    now, origin_now = Box(0, 0, image.get_width(), image.get_height()), read_origin(image)
    placements = [place(result.bounds, wanted, anchor.origin, now, origin_now) for result in results]
    canvas, (dx, dy) = placements[0].canvas, placements[0].shift
    if canvas is not None:
        image.resize(canvas.width, canvas.height, dx, dy)
        origin = origin_text((origin_now[0] + dx, origin_now[1] + dy))
        image.attach_parasite(Gimp.Parasite.new(ORIGIN_PARASITE, PERSISTENT_UNDOABLE, origin.encode("ascii")))
    return placements


def _insert_all(
    image: Gimp.Image,
    above: Gimp.Layer | None,
    results: Sequence[Result],
    placements: Sequence[Placement],
    group_name: str,
) -> list[Gimp.Layer]:
    parent, position = position_above(image, above)
    if len(results) == 1:
        return [_insert_one(image, parent, position, results[0], placements[0])]
    group = _insert_group(image, parent, position, group_name, results[0].note)
    layers = []
    for index, result in enumerate(results):
        layer = _insert_one(image, group, index, result, placements[index])
        layer.set_visible(index == 0)
        layers.append(layer)
    return layers


def _insert_group(
    image: Gimp.Image, parent: Gimp.Layer | None, position: int, name: str, note: dict[str, Any]
) -> Gimp.GroupLayer:
    group = Gimp.GroupLayer.new(image, name)  # not pass-through: GIMP 3.0's PNG export drops what lies below
    image.insert_layer(group, parent, position)
    attach(group, {key: value for key, value in note.items() if key != "result"})
    return group


def position_above(image: Gimp.Image, layer: Gimp.Layer | None) -> tuple[Gimp.Layer | None, int]:
    """The place directly above `layer` and above the results that were made from it and lie there already: the group,
    or None, and the position in it. Without a layer the top of the image.
    """
    if layer is None:
        return None, 0
    parent = layer.get_parent()
    siblings = image.get_layers() if parent is None else parent.get_children()
    position, source = image.get_item_position(layer), str(layer.get_tattoo())
    while position > 0 and (read_note(siblings[position - 1]) or {}).get("layer") == source:
        position -= 1
    return parent, position


def _insert_one(
    image: Gimp.Image, parent: Gimp.Layer | None, position: int, result: Result, placement: Placement
) -> Gimp.Layer:
    layer = new_layer(image, result)
    image.insert_layer(layer, parent, position)
    layer.set_offsets(placement.bounds.x, placement.bounds.y)
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    write(mask, MASK_FORMAT, 1, result.mask)
    layer.set_edit_mask(False)
    attach(layer, result.note)
    return layer


def attach(item: Gimp.Item, note: dict[str, Any]) -> None:
    """Keep a note with a layer or group."""
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

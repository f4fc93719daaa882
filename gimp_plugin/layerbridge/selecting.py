"""Putting a selection into an image: as its selection, as a layer's mask or as a channel. Main thread only."""

from __future__ import annotations

from collections.abc import Sequence

from gi.repository import Gegl, Gimp

from .apply import Anchor, bounds_now, check_open, one_step
from .artifacts import Selected
from .geometry import Box, recut
from .layers import item_box
from .pixels import MASK_FORMAT, channel_format, write
from .roles import AS_CHANNEL, AS_MASK, AS_SELECTION
from .texts import _

CHANNEL_OPACITY = 50.0  # percent, as of channels that GIMP saves


def apply_selections(anchor: Anchor, found: Sequence[Selected], way: str) -> tuple[list[Gimp.Channel], list[str]]:
    """The first of them the way that was chosen, the others as channels; new channels, and what to know. One undo step.

    Works in every mode and depth: masks have 8 bit of linear numbers everywhere but in 8-bit images' channels, which
    GIMP stores otherwise and gives the same numbers back.
    """
    image = anchor.image
    check_open(image)
    notices = []
    if way == AS_MASK and not _is_there(anchor):
        way = AS_CHANNEL
        notices.append(_("There is no layer that can get the mask any more: it was added as a channel."))
    canvas = Box(0, 0, image.get_width(), image.get_height())
    channels = []
    with one_step(image):
        for number, selected in enumerate(found):
            bounds = bounds_now(anchor, selected.bounds)
            if number or way == AS_CHANNEL:
                channels.append(_new_channel(image, selected, bounds, canvas))
            elif way == AS_SELECTION:
                _select(image, selected, bounds, canvas)
            elif anchor.active is not None:
                notices += _mask_layer(anchor.active, selected, bounds)
    if way == AS_SELECTION and found:
        selected = found[0]
        if not any(recut(bytes(selected.mask), bounds_now(anchor, selected.bounds), canvas)):
            notices.append(_("Nothing was found that could be selected."))
    return channels, notices


def _is_there(anchor: Anchor) -> bool:
    return anchor.active is not None and anchor.active.is_valid() and anchor.active.get_image() == anchor.image


def _new_channel(image: Gimp.Image, selected: Selected, bounds: Box, canvas: Box) -> Gimp.Channel:
    color = Gegl.Color.new("black")
    channel = Gimp.Channel.new(image, selected.name, canvas.width, canvas.height, CHANNEL_OPACITY, color)
    image.insert_channel(channel, None, 0)
    write(channel, channel_format(channel), 1, recut(bytes(selected.mask), bounds, canvas))
    channel.set_visible(False)
    return channel


def _select(image: Gimp.Image, selected: Selected, bounds: Box, canvas: Box) -> None:
    channel = _new_channel(image, selected, bounds, canvas)
    image.select_item(Gimp.ChannelOps.REPLACE, channel)
    image.remove_channel(channel)


def _mask_layer(layer: Gimp.Layer, selected: Selected, bounds: Box) -> list[str]:
    notices = []
    if layer.get_mask() is not None:
        layer.remove_mask(Gimp.MaskApplyMode.DISCARD)
        text = _("The layer mask of “{name}” was replaced. Undo brings the old one back.")
        notices.append(text.format(name=layer.get_name()))
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    write(mask, MASK_FORMAT, 1, recut(bytes(selected.mask), bounds, item_box(layer)))
    layer.set_edit_mask(False)
    return notices

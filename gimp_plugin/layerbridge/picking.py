"""Capturing the pictures that were picked for input roles: a layer or group, or a file as it is. Main thread only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gi.repository import Gimp

from layerbridge_client.wire import Tensor

from .depth import depth_of
from .failures import REFUSED, BridgeError
from .geometry import Box
from .layers import all_layers, item_box, read_alone, read_layer, read_visible
from .operations import Input
from .roles import Pick, in_reach, media_type_of
from .texts import _


@dataclass(frozen=True)
class Captured:
    """A tensor and what it covers (document pixels), or, of an encoded file, its media type."""

    tensor: Tensor
    bounds: Box | None = None
    media_type: str = ""


def pickable(image: Gimp.Image) -> list[Gimp.Layer]:
    """Layers and groups that have pixels, from the top."""
    return [layer for layer in all_layers(image.get_layers()) if not item_box(layer).is_empty]


def named_layers(image: Gimp.Image) -> list[tuple[int, str]]:
    return [(layer.get_tattoo(), layer.get_name()) for layer in pickable(image)]


def capture(
    image: Gimp.Image, given: Input, pick: Pick, hidden: Sequence[Gimp.Layer] = (), layer: Gimp.Layer | None = None
) -> Captured:
    """hidden: layers that are left out of all that is visible. layer: that a script gave, of another image maybe; it
    goes before the pick. Raises BridgeError.
    """
    if layer is None and pick.visible:
        canvas = Box(0, 0, image.get_width(), image.get_height())
        return Captured(read_visible(image, canvas, depth_of(image), list(hidden)), canvas)
    if layer is None and pick.file:
        return _read_file(given, pick.file)
    if layer is None:
        here = in_reach({given.role: pick}, named_layers(image))[given.role]
        layer = image.get_layer_by_tattoo(here.layer) if here else None
    if layer is None or not layer.is_valid():
        text = _("{title}: the layer “{name}” is not there any more. Choose another one.")
        raise BridgeError(REFUSED, text.format(title=_(given.title), name=pick.name))
    if layer.get_image() != image:
        return _read_foreign(image, layer)
    box = item_box(layer)
    return Captured(read_layer(layer, box, depth_of(image)), box)


def _read_file(given: Input, path: str) -> Captured:
    """A PNG or JPEG, not decoded."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        text = _("{title}: “{name}” cannot be read: {reason}.")
        reason = error.strerror or str(error)
        raise BridgeError(REFUSED, text.format(title=_(given.title), name=Path(path).name, reason=reason)) from None
    media_type = media_type_of(data)
    if not media_type:
        text = _("{title}: “{name}” is neither a PNG nor a JPEG. Open it in GIMP, and choose its layer or export it.")
        raise BridgeError(REFUSED, text.format(title=_(given.title), name=Path(path).name))
    return Captured(Tensor("U8", (len(data),), data), None, media_type)


def _read_foreign(image: Gimp.Image, layer: Gimp.Layer) -> Captured:
    """A layer of another image, in the numbers of this one."""
    box = item_box(layer)
    with read_alone(layer, box) as shown:
        converted = Gimp.Layer.new_from_drawable(shown, image)
    try:
        return Captured(read_layer(converted, Box(0, 0, box.width, box.height), depth_of(image)), box)
    finally:
        converted.delete()


def input_entries(
    captured: Mapping[str, Captured], has_profile: bool, names: Mapping[str, str]
) -> dict[str, dict[str, object]]:
    """What a request says of these inputs, by role. names: of those that the prompt mentions."""
    described: dict[str, dict[str, object]] = {}
    for role, each in captured.items():
        if each.bounds is None:
            described[role] = {"media_type": each.media_type}
        else:
            described[role] = {"bounds": each.bounds.to_json(), **({"profile": "icc"} if has_profile else {})}
        if role in names:
            described[role]["name"] = names[role]
    return described

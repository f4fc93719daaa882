"""Reading an image: what is selected, where, and its pixels. Main thread only; nothing of the image is changed."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gi.repository import Gimp

from layerbridge_client.wire import REQUESTS, Tensor

from .artifacts import BYTES
from .depth import Depth, depth_of
from .documents import document_id, image_file
from .failures import REFUSED, BridgeError
from .geometry import Box, origin_from, recut
from .layers import item_box, read_layer, read_pixels, read_visible
from .operations import LAYER
from .parameters import Parameters
from .texts import _, t

PARASITE = "layerbridge"
ORIGIN_PARASITE = "layerbridge-origin"
NAME_LENGTH = next(int(field.maximum or 0) for field in REQUESTS["Document"] if field.name == "name")
MAX_SELECTION_NOTE_BYTES = 64 * 1024  # of a packed selection that is kept with a result for “Again”


@dataclass(frozen=True)
class Scene:
    """What the user had when the job was sent. Boxes in document pixels."""

    image: Gimp.Image = field(compare=False)
    layer: Gimp.Layer | None = field(compare=False)  # the layer that is meant, or None
    width: int
    height: int
    selection: Box | None  # None: nothing is selected
    layer_box: Box | None
    origin: tuple[int, int]  # how far Layerbridge's outpaints have moved the picture so far
    notices: tuple[str, ...] = field(compare=False, default=())  # for the user
    kept_mask: bytes | None = field(compare=False, default=None)  # covers `selection`; stands in for the image's own

    @property
    def canvas(self) -> Box:
        return Box(0, 0, self.width, self.height)

    @property
    def document(self) -> dict[str, Any]:
        file = image_file(self.image)
        name = self.image.get_name() if file is None else file.get_basename()
        size = {"width": self.width, "height": self.height}
        return {**size, "id": document_id(self.image), "name": (name or "")[:NAME_LENGTH]}


def read_scene(image: Gimp.Image, drawables: list[Gimp.Drawable], parameters: Parameters) -> Scene:
    """The scene as it is now. Raises BridgeError where a job cannot be made of it."""
    refuse_floating(image)
    layer, notices = chosen_layer(drawables)
    if layer is None and parameters.source == LAYER and parameters.operation.reads_image:
        raise BridgeError(REFUSED, why_no_layer(drawables))
    return Scene(
        image=image,
        layer=layer,
        width=image.get_width(),
        height=image.get_height(),
        selection=selection_box(image),
        layer_box=None if layer is None else item_box(layer),
        origin=read_origin(image),
        notices=notices,
    )


def refuse_floating(image: Gimp.Image) -> None:
    """Raises BridgeError where pixels float above the image: GIMP lets no layer be added meanwhile."""
    if image.get_floating_sel() is not None:
        raise BridgeError(
            REFUSED, _("There is a floating selection. Anchor it (Layer ▸ Anchor) or make it a layer, then try again.")
        )


def chosen_layer(drawables: list[Gimp.Drawable]) -> tuple[Gimp.Layer | None, tuple[str, ...]]:
    """The one layer that is meant, and what to say about it: an edited layer mask means its layer."""
    if len(drawables) != 1:
        return None, ()
    drawable = drawables[0]
    if isinstance(drawable, Gimp.LayerMask):
        layer = Gimp.Layer.from_mask(drawable)
        text = _("The layer mask of “{name}” is being edited; its layer was used.").format(name=layer.get_name())
        return layer, (text,)
    return (drawable, ()) if isinstance(drawable, Gimp.Layer) else (None, ())


def why_no_layer(drawables: list[Gimp.Drawable]) -> str:
    if len(drawables) > 1:
        return t("manyLayers")
    if drawables:
        return _("A channel is selected. Select a layer, or set Source to “All visible layers”.")
    return t("noLayer")


def scene_notices(
    drawables: list[Gimp.Drawable], layer: Gimp.Layer | None, has_selection: bool, parameters: Parameters
) -> list[str]:
    """What to know before a job is sent. layer: the one that is meant."""
    notices, operation = [], parameters.operation
    if layer is None and operation.reads_image:
        notices.append(why_no_layer(drawables).split(". ")[0] + ".")
    elif layer is not None and parameters.source == LAYER and not layer.get_visible():
        notices.append(_("The active layer is hidden. It is used as if it were shown."))
    if not has_selection and operation.needs_mask and not operation.needs_selection:
        notices.append(_("Nothing is selected: the whole picture will be repainted."))
    return notices


def selection_box(image: Gimp.Image) -> Box | None:
    _ok, non_empty, left, top, right, bottom = Gimp.Selection.bounds(image)
    return Box.from_edges(left, top, right, bottom) if non_empty else None


def read_origin(image: Gimp.Image) -> tuple[int, int]:
    parasite = image.get_parasite(ORIGIN_PARASITE)
    return (0, 0) if parasite is None else origin_from(bytes(parasite.get_data()).decode("ascii", "replace"))


def read_source(scene: Scene, parameters: Parameters, box: Box, hidden: list[Gimp.Layer]) -> dict[str, Tensor]:
    """The picture in `box` (document pixels), straight alpha; transparent outside the layer. `icc`: its profile.

    The numbers are the image's own, as `depth_of` says. A group, or a layer with a mask or filters, is read as it
    shows, without its opacity and mode. `hidden` layers are left out.
    """
    depth = depth_of(scene.image)
    if parameters.source == LAYER and scene.layer is not None:
        image = read_layer(scene.layer, box, depth, hidden)
    else:
        image = read_visible(scene.image, box, depth, hidden)
    return {"image": image, **_profile(depth)}


def blank_source(scene: Scene, box: Box) -> dict[str, Tensor]:
    """An empty picture of the image's depth and profile: a job that sees no picture still paints in them.

    Nothing for an image of 8-bit sRGB, which is what such a job paints in by itself.
    """
    depth = depth_of(scene.image)
    if depth.dtype == "U8" and depth.icc is None and not depth.gray:
        return {}
    shape = (box.height, box.width, depth.channels(alpha=True))
    pixels = Tensor(depth.dtype, shape, bytes(box.width * box.height * shape[2] * BYTES[depth.dtype]))
    return {"image": pixels, **_profile(depth)}


def _profile(depth: Depth) -> dict[str, Tensor]:
    return {} if depth.icc is None else {"icc": Tensor("U8", (len(depth.icc),), depth.icc)}


def read_selection(scene: Scene, box: Box) -> Tensor | None:
    """The selection in `box`, 255 = selected; None where nothing is selected."""
    if scene.selection is None:
        return None
    if scene.kept_mask is not None:
        data = recut(scene.kept_mask, scene.selection, box)
    else:
        data = read_pixels(scene.image.get_selection(), box, "Y u8", 1)
    return Tensor("U8", (box.height, box.width), data)


def packed_selection(mask: Tensor, box: Box, selection: Box) -> dict[str, Any] | None:
    """The selection as a note for “Again”, or None where it would be too long to keep with a layer."""
    data = base64.b64encode(zlib.compress(recut(bytes(mask.data), box, selection), 6))
    if len(data) > MAX_SELECTION_NOTE_BYTES:
        return None
    return {"box": selection.to_json(), "data": data.decode("ascii")}


def with_packed_selection(scene: Scene, note: Mapping[str, Any]) -> Scene:
    """The scene with the selection that a result was made with, where nothing is selected now."""
    packed = note.get("selection")
    if scene.selection is not None or not isinstance(packed, dict):
        return scene
    x, y = origin_from(str(note.get("origin", "")))
    box = Box.from_json(packed["box"])
    data = zlib.decompress(base64.b64decode(packed["data"]))
    shifted = box.shifted(scene.origin[0] - x, scene.origin[1] - y)
    return replace(scene, selection=shifted, kept_mask=data)

"""Inserting a job that was found in History, as its own run would have done, as far as the image still allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gi.repository import Gimp

from .apply import Anchor, Inserted, image_like, insert, read_result
from .documents import document_ids
from .failures import REFUSED, BridgeError
from .parameters import from_request, layer_name
from .run import Sent, results_of
from .texts import _


def sent_of(image: Gimp.Image, job: Mapping[str, Any], convert: bool = False) -> Sent:
    """What a run would have known of this job, for the present image."""
    request = job["request"]
    notes = {str(key): str(value) for key, value in (request.get("client_data") or {}).items()}
    parameters = from_request(request, request.get("seed"))
    same = request.get("document", {}).get("id") in document_ids(image)
    layer = _layer(image, notes.get("layer", "")) if same else None
    hide = bool(notes.get("hide")) and layer is not None and layer.get_visible()
    anchor = Anchor(image, layer, _origin(notes), hide, convert)
    note = {
        "version": 1,
        "job": job["id"],
        "first": job["id"],
        "parameters": parameters.to_json(),
        "layer": notes.get("layer", "") if layer is not None else "",
        "origin": notes.get("origin", "0,0"),
        "selection": None,
    }
    return Sent(str(job["id"]), int(job.get("seq", 0)), anchor, parameters, note)


def insert_frames(sent: Sent, frames: Sequence[bytes]) -> Inserted:
    return insert(sent.anchor, results_of(frames, sent.parameters, sent.note), layer_name(sent.parameters))


def new_image(job: Mapping[str, Any], frame: bytes) -> Gimp.Image:
    """An empty image of the size that the document had and of the result's depth and profile, shown in a window."""
    document = job["request"]["document"]
    image = image_like(read_result(frame, "", {}), int(document["width"]), int(document["height"]))
    Gimp.Display.new(image)
    return image


def check_image(image: Gimp.Image) -> None:
    """Refuse an image that cannot take a result."""
    if image.get_base_type() not in (Gimp.ImageBaseType.RGB, Gimp.ImageBaseType.GRAY):
        raise BridgeError(REFUSED, _("This image is indexed. Choose Image ▸ Mode ▸ RGB, then insert again."))


def _layer(image: Gimp.Image, tattoo: str) -> Gimp.Layer | None:
    return image.get_layer_by_tattoo(int(tattoo)) if tattoo.isdigit() and int(tattoo) else None


def _origin(notes: Mapping[str, str]) -> tuple[int, int]:
    x, _comma, y = notes.get("origin", "0,0").partition(",")
    try:
        return int(x), int(y)
    except ValueError:
        return 0, 0

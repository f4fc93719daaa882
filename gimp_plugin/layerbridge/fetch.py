"""Inserting a job that was found in History, as its own run would have done, as far as the image still allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gi.repository import Gimp

from .apply import Anchor
from .artifacts import Picture, Result, Selected, Words
from .depth import plain_image
from .documents import document_ids
from .failures import REFUSED, BridgeError
from .geometry import origin_from, origin_text
from .layers import layer_of
from .outputs import Applied
from .parameters import from_request
from .pictures import open_pictures
from .pixels import image_like
from .results import artifacts_of
from .roles import AS_IMAGE, DOCUMENT, adds_layers
from .run import Sent, apply_frames
from .texts import _


def sent_of(image: Gimp.Image, job: Mapping[str, Any], convert: bool = False) -> Sent:
    """What a run would have known of this job, for the present image."""
    request = job["request"]
    client_data = {str(key): str(value) for key, value in (request.get("client_data") or {}).items()}
    parameters = from_request(request, request.get("params", {}).get("seed"))
    same = request.get("document", {}).get("id") in document_ids(image)
    layer = layer_of(image, client_data.get("layer", "")) if same else None
    hide = bool(client_data.get("hide")) and layer is not None and layer.get_visible()
    active = layer_of(image, client_data.get("active", "")) if same else None
    anchor = Anchor(image, layer, origin_from(client_data.get("origin", "")), hide, convert, active)
    note = {
        "version": 1,
        "job": job["id"],
        "first": job["id"],
        "parameters": parameters.to_json(),
        "layer": client_data.get("layer", "") if layer is not None else "",
        "origin": origin_text(anchor.origin),
        "selection": None,
    }
    return Sent(str(job["id"]), int(job.get("seq", 0)), anchor, parameters, note)


def apply_found(
    image: Gimp.Image | None, job: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], frames: Sequence[bytes]
) -> Applied:
    """Apply artifacts of a job. image: None for a new one, where that is needed, of the size that the document had."""
    if image is not None:
        return apply_frames(sent_of(image, job), entries, frames)
    parameters = from_request(job["request"], 0)
    made = [artifact for some in artifacts_of(entries, frames, parameters, {}).values() for artifact in some]
    layers = [artifact for artifact in made if isinstance(artifact, Result)]
    pictures = [artifact for artifact in made if isinstance(artifact, Picture)]
    if not layers and not any(isinstance(artifact, Selected) for artifact in made):
        words = [artifact for artifact in made if isinstance(artifact, Words)]
        return Applied(images=open_pictures(None, pictures), texts=words)
    image = _new_image(job, layers[0] if layers else None)
    sent = sent_of(image, job)
    outputs = parameters.operation.outputs
    ways = {**parameters.chosen_ways, **{each.role: AS_IMAGE for each in outputs if each.kind == DOCUMENT}}
    return apply_frames(replace(sent, parameters=replace(sent.parameters, chosen_ways=ways)), entries, frames)


def _new_image(job: Mapping[str, Any], result: Result | None) -> Gimp.Image:
    """An empty image of the result's depth and profile, shown in a window."""
    document = job["request"]["document"]
    width, height = int(document["width"]), int(document["height"])
    image = plain_image(width, height, "U8", False, None) if result is None else image_like(result, width, height)
    Gimp.Display.new(image)
    return image


def check_image(image: Gimp.Image, job: Mapping[str, Any]) -> None:
    """Refuse an image that cannot take what this job makes."""
    parameters = from_request(job["request"], 0)
    indexed = image.get_base_type() == Gimp.ImageBaseType.INDEXED
    if indexed and adds_layers(parameters.operation, parameters.ways):
        raise BridgeError(REFUSED, _("This image is indexed. Choose Image ▸ Mode ▸ RGB, then insert again."))

"""The tensors of a request, by role, and what is told of each: image, selection, pictures that were picked. Main thread
only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gi.repository import Gimp

from layerbridge_client.wire import Tensor

from .capture import Scene, blank_source, read_selection, read_source
from .geometry import Box
from .operations import LAYER
from .parameters import Parameters
from .picking import Captured, capture
from .roles import Pick, picked_inputs

Tensors = dict[str, Tensor]


def scene_tensors(
    scene: Scene, parameters: Parameters, box: Box, hidden: Sequence[Gimp.Layer], needs_image: bool
) -> Tensors:
    """`image`, `mask` and `icc` of a box of the document, as far as the operation takes them."""
    operation = parameters.operation
    tensors = read_source(scene, parameters, box, list(hidden)) if needs_image else blank_source(scene, box)
    mask = read_selection(scene, box) if operation.reads_mask else None
    if mask is None and operation.needs_mask:
        mask = Tensor("U8", (box.height, box.width), b"\xff" * (box.width * box.height))
    if mask is not None:
        tensors["mask"] = mask
    return tensors


def unplanned(scene: Scene, parameters: Parameters) -> dict[str, Any]:
    """What is read for an operation that plans nothing: the layer as far as the canvas shows it, or the canvas."""
    box = scene.canvas
    if parameters.source == LAYER and parameters.operation.reads_image and scene.layer_box is not None:
        shown = scene.layer_box.intersection(scene.canvas)
        box = box if shown.is_empty else shown
    return {"capture": box.to_json(), "needs_image": parameters.operation.reads_image}


def picked(
    scene: Scene, parameters: Parameters, layers: Mapping[str, Gimp.Layer], hidden: Sequence[Gimp.Layer]
) -> dict[str, Captured]:
    """By role, what was picked. layers: that a script gave. hidden: layers that are left out of all that is visible.
    Raises BridgeError for what cannot be read.
    """
    found = {}
    for given in picked_inputs(parameters.operation):
        pick, layer = parameters.picks.get(given.role, Pick()), layers.get(given.role)
        if pick or layer is not None:
            found[given.role] = capture(scene.image, given, pick, hidden, layer)
    return found

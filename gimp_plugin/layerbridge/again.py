"""“Again with New Seed”: what is repeated, and with which of its earlier results out of sight. Main thread only."""

from __future__ import annotations

from typing import Any

from gi.repository import Gimp

from .agreement import reinstall
from .apply import read_note
from .failures import REFUSED, BridgeError
from .layers import all_layers, layer_of
from .operations import LAYER, OPERATIONS, find
from .parameters import from_json
from .remembered import Remembered
from .run import Task
from .texts import _, t


def again_task(image: Gimp.Image, drawables: list[Gimp.Drawable], remembered: Remembered) -> Task:
    """The selected Layerbridge result with a new seed, or else the last run. Raises BridgeError where there is none."""
    made = [(layer, note) for layer in all_layers(image.get_layers()) for note in [read_note(layer)] if note]
    note = _note_of(drawables) or _newest([note for _layer, note in made], remembered.last_job())
    if note is None:
        last = remembered.last_operation()
        if last is None:
            text = _("There is nothing to repeat yet. Run {operation} or another entry of this menu first.")
            raise BridgeError(REFUSED, text.format(operation=_(OPERATIONS[0].title)))
        return Task(image, drawables, remembered.parameters(last).with_new_seed())
    parameters = from_json(note.get("parameters", {})).with_new_seed()
    if find(parameters.operation.name) is None:
        text = _("This result was made by “{name}”, which this plug-in does not know. {remedy}")
        raise BridgeError(REFUSED, text.format(name=parameters.operation.title, remedy=reinstall()))
    hidden = [layer for layer, other in made if other.get("first") == note.get("first")]
    if parameters.source == LAYER and note.get("layer"):
        drawables = [_source(image, str(note["layer"]))]
    return Task(image, drawables, parameters, note, hidden)


def _note_of(drawables: list[Gimp.Drawable]) -> dict[str, Any] | None:
    for drawable in drawables:
        item = Gimp.Layer.from_mask(drawable) if isinstance(drawable, Gimp.LayerMask) else drawable
        while item is not None:
            note = read_note(item)
            if note:
                return note
            item = item.get_parent()
    return None


def _newest(notes: list[dict[str, Any]], last_job: str) -> dict[str, Any] | None:
    return next((note for note in notes if last_job and note.get("job") == last_job), None)


def _source(image: Gimp.Image, tattoo: str) -> Gimp.Layer:
    layer = layer_of(image, tattoo)
    if layer is None:
        raise BridgeError(REFUSED, t("sourceGone"))
    return layer

"""“Again with New Seed”: what is repeated, and with which of its earlier results out of sight. Main thread only."""

from __future__ import annotations

from typing import Any

from gi.repository import Gimp

from .apply import read_note
from .failures import REFUSED, BridgeError
from .operations import LAYER
from .parameters import from_json
from .remembered import Remembered
from .run import Task
from .texts import _


def again_task(image: Gimp.Image, drawables: list[Gimp.Drawable], remembered: Remembered) -> Task:
    """The selected Layerbridge result with a new seed, or else the last run. Raises BridgeError where there is none."""
    made = [(layer, note) for layer in all_layers(image.get_layers()) for note in [read_note(layer)] if note]
    note = _note_of(drawables) or _newest([note for _layer, note in made], remembered.last_job())
    if note is None:
        last = remembered.last_operation()
        if last is None:
            raise BridgeError(
                REFUSED, _("There is nothing to repeat yet. Run Inpaint Selection or another entry of this menu first.")
            )
        return Task(image, drawables, remembered.parameters(last).with_new_seed())
    parameters = from_json(note.get("parameters", {})).with_new_seed()
    hidden = [layer for layer, other in made if other.get("first") == note.get("first")]
    if parameters.source == LAYER and note.get("layer"):
        drawables = [_source(image, str(note["layer"]))]
    return Task(image, drawables, parameters, note, hidden)


def all_layers(layers: list[Gimp.Layer]) -> list[Gimp.Layer]:
    """Layers and what their groups hold, from the top."""
    found: list[Gimp.Layer] = []
    for layer in layers:
        found.append(layer)
        if layer.is_group():
            found += all_layers(layer.get_children())
    return found


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
    layer = image.get_layer_by_tattoo(int(tattoo)) if tattoo.isdigit() else None
    if layer is None:
        raise BridgeError(
            REFUSED,
            _("The layer this was made from is gone. Select another layer and use the menu entry that made it."),
        )
    return layer

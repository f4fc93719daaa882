"""The methods side by side: each takes a case and a model and gives the flattened document."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_server.cli.pictures.canvas import flatten
from bridge_server.edit.color import to_working
from bridge_server.edit.compose import compose
from bridge_server.edit.prepare import prepare
from bridge_server.edit.resample import resize
from bridge_server.edit.shape import measure
from bridge_server.edit.source import Source, mirrored, selection_bounds, window
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, fit_to, make_plan

from .cases import Case

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Edit:
    """What the worker has of a job when it begins to paint: the crop that was sent, and the plan for it."""

    source: Source
    plan: Plan


@dataclass(frozen=True)
class Ask:
    """What a method feeds to a model, at the size it works at.

    image: (h, w, 3) float32 sRGB 0 to 1, as the method prepared it. mask: (h, w) float32, 1 = repaint. see: how this
    method would see any picture with the document's size, dtype and space: its own crop and scaling, without a fill.
    edit: Layerbridge's own, for models that are to be run as the worker runs them; image and mask are then those of the
    last pass.
    """

    image: Image
    mask: Image
    see: Callable[[NDArray[Any]], Image]
    edit: Edit | None = None


Model = Callable[[Ask], Image]


@dataclass(frozen=True)
class Outcome:
    """pixels: the flattened document, its dtype and space. shown: (H, W) float 0 to 1, the method's own final mask.

    seconds: the method's own work, without the model.
    """

    pixels: NDArray[Any]
    shown: NDArray[np.float64]
    seconds: float


Method = Callable[[Case, Model, NativeSize], Outcome]


class Clock:
    """The processor's time since it was made, without what the model took; other programs do not count."""

    def __init__(self) -> None:
        self._start = time.process_time()

    def paint(self, model: Model, ask: Ask) -> Image:
        start = time.process_time()
        picture = model(ask)
        self._start += time.process_time() - start
        return picture

    @property
    def seconds(self) -> float:
        return time.process_time() - self._start


def ours(disabled_steps: frozenset[str] = frozenset()) -> Method:
    """Layerbridge: planned twice, prepared and composed as the daemon and the worker do; without
    `disabled_steps`."""

    def run(case: Case, model: Model, native: NativeSize) -> Outcome:
        edit = edit_of(case, native, disabled_steps)
        source, plan = edit.source, edit.plan.at_hires
        clock = Clock()
        working = prepare(source, plan)
        ask = Ask(working.image, working.mask, lambda pixels: _seen(pixels, case, plan), edit)
        layer = compose(clock.paint(model, ask), source, plan, working)
        seconds = clock.seconds
        shown = np.zeros(case.selection.shape)
        box = layer.bounds
        shown[box.y : box.bottom, box.x : box.right] = layer.mask / 255.0
        flat = flatten(case.document, layer.image, layer.mask, layer.bounds, case.bounds)
        return Outcome(flat, shown, seconds)

    return run


def edit_of(case: Case, native: NativeSize, disabled_steps: frozenset[str] = frozenset()) -> Edit:
    """Planned from the selection's box, sent, and planned again from the mask."""
    first = _plan(case.bounds, native, Source(None, case.selection, case.bounds), disabled_steps)
    sent = first.capture
    source = Source(
        np.ascontiguousarray(window(case.document, case.bounds, sent)),
        np.ascontiguousarray(window(case.selection, case.bounds, sent)),
        sent,
        case.space.icc,
    )
    return Edit(source, fit_to(_plan(case.bounds, native, source, disabled_steps, measured=True), sent))


def _plan(
    document: Bounds, native: NativeSize, source: Source, disabled_steps: frozenset[str], *, measured: bool = False
) -> Plan:
    selection = selection_bounds(source)
    shape = measure(source, selection, document) if measured and selection is not None else None
    return make_plan(
        PlanInput("inpaint", document, native, 1.0, selection=selection, shape=shape, disabled_steps=disabled_steps)
    )


def _seen(pixels: NDArray[Any], case: Case, plan: Plan) -> Image:
    shown = mirrored(window(pixels, case.bounds, plan.context), plan.context, plan.working_bounds)
    rgb, _ = to_working(np.ascontiguousarray(shown), case.space.icc)
    return resize(np.clip(rgb, 0, 1, dtype=np.float32), plan.working_width, plan.working_height)

"""What the worker orders of a model: the one place that turns a request and a plan into denoising runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from ..edit.fill.removal import removal_start
from ..edit.prepare import Working, prepare
from ..edit.things import thing_in, with_own_surroundings
from ..families.base import FamilySpec
from ..operations.instructions import place_of
from ..operations.mentions import with_numbers
from ..pipelines.family import FamilyModel, Loaded
from ..pipelines.generation import Generation, Picture, Watch
from ..pipelines.hires import generate_in_tiles
from ..plan.plan import Plan
from ..protocol.envelope import JobRequest
from ..protocol.tasks import ModelRef
from .clock import TaskClock
from .preparing import prepare_fill
from .references import references_of
from .request import Order, begins_from_fill, guidance_of, painting_strength, prompt_of, steps_of
from .segmenters import network_for

HALF = 0.5  # from which on a soft mask counts as selected, where its middle is looked for


@dataclass(frozen=True)
class Start:
    """What a run begins with, at the size the model works at.

    image: (height, width, 3) float32 sRGB 0 to 1; mask: (height, width) float32, 1 = repaint; None for text to image.
    removes: whether the image is a removal's start (edit.fill.removal), which the result is to keep. references: see
    Generation. shown: how many pictures the model is shown before those that came with the request. place: where in
    what it is shown the mask is, as a sentence says it.
    """

    width: int
    height: int
    image: NDArray[np.float32] | None
    mask: NDArray[np.float32] | None
    soft_mask: bool = True
    removes: bool = False
    shown: int = 0
    place: str = ""
    references: tuple[NDArray[np.float32], ...] = ()


def generation_for(request: JobRequest, model: ModelRef, start: Start, seed: int) -> Generation:
    """The run of a model for a request: what was not asked for is the model's own."""
    options = request.options
    return Generation(
        prompt=prompt_of(request, start.shown, start.place),
        negative_prompt=with_numbers(options.negative_prompt, {}),
        width=start.width,
        height=start.height,
        strength=painting_strength(request, model),
        steps=steps_of(request, model),
        guidance_scale=guidance_of(request, model),
        sampler=options.sampler,
        seed=seed,
        image=start.image,
        mask=start.mask,
        soft_mask=start.soft_mask,
        keeps_start=start.removes,
        detail=model.removal_detail,
        adapters=model.adapters,
        references=start.references,
        refined_from=model.refined_from,
    )


@dataclass(frozen=True)
class Painter:
    """What paints, and who looks on. model: as the request's job has it; its settings may be newer than loaded.ref."""

    model: ModelRef
    family: FamilyModel
    loaded: Loaded
    watch: Watch
    clock: TaskClock


def paint(
    order: Order, plan: Plan, seed: int, painter: Painter, *, background_wanted: bool = False
) -> tuple[Picture, Working]:
    """The model's picture, of one pass or two, and what is needed to compose a layer of it.

    background_wanted: the background that the model paints is kept, also of a model that knows things and no
    surroundings (ModelRef.background_with_prompt), of which otherwise only the thing is kept.
    """
    made, working = _made(order, plan, seed, painter)
    if not background_wanted:
        made = _settled(order, plan.at_hires, working, made, seed, painter)
    return made, working.after_painting


def _made(order: Order, plan: Plan, seed: int, painter: Painter) -> tuple[Picture, Working]:
    """What the model paints, and the working picture that it is composed with."""
    model, loaded, watch = painter.model, painter.loaded, painter.watch
    removes = begins_from_fill(order.request, model, plan)
    with painter.clock.editing():
        references = references_of(order)
        working = _prepared(order, plan.at_hires, removes)
    if plan.hires is None:
        run = generation_for(order.request, model, _start(plan, working, removes, references, loaded.spec), seed)
        return painter.family.generate(loaded, run, watch), working
    with painter.clock.editing():
        first = _prepared(order, plan, removes) if plan.hires.first_pass else working
    run = generation_for(order.request, model, _start(plan, first, removes, references, loaded.spec), seed)
    made = generate_in_tiles(painter.family, loaded, run, plan.hires, working, watch, only_whole=plan.whole_only)
    return made, working


def _settled(order: Order, plan: Plan, working: Working, made: Picture, seed: int, painter: Painter) -> Picture:
    """With the document's own surroundings around what a model painted that knows none. The stages "preparing" and
    "filling". As it was where no thing stands out, where nothing is to be filled, or where numba is not installed.
    """
    asked = bool(order.request.options.prompt.strip()) and not painter.model.background_with_prompt
    if not (asked and plan.replaces_content and plan.has_edge and plan.does("fill") and find_spec("numba")):
        return made
    watch = painter.watch
    with painter.clock.editing():
        thing = thing_in(made.pixels, working.mask, network_for(None), plan.native.cell)
        if thing is None:
            return made
        prepare_fill(watch)
        watch.stage("filling")
        pixels = with_own_surroundings(made.pixels, working, thing, seed, lambda _done: watch.check())
    return replace(made, pixels=pixels)


def _prepared(order: Order, plan: Plan, removes: bool) -> Working:
    working = prepare(order.source, plan)
    return removal_start(working) if removes else working


def _start(
    plan: Plan, working: Working, removes: bool, references: tuple[NDArray[np.float32], ...], spec: FamilySpec
) -> Start:
    if plan.shows_picture:
        shown = (working.image, *references)
        return Start(
            plan.working_width, plan.working_height, None, None, references=shown, shown=1, place=_place(working.mask)
        )
    mask = working.mask if plan.needs_image else None
    return Start(
        plan.working_width,
        plan.working_height,
        working.image if plan.needs_image else None,
        mask,
        plan.does("soft_mask"),
        removes,
        shown=int(spec.shows_surroundings and mask is not None and mask.min() < 1),
        references=references,
    )


def _place(mask: NDArray[np.float32]) -> str:
    """Where the middle of what is selected lies."""
    rows, columns = np.nonzero(mask >= HALF)
    if not len(rows):
        return place_of(0.5, 0.5)
    x, y = ((int(at.min()) + int(at.max()) + 1) / 2 for at in (columns, rows))
    return place_of(x / mask.shape[1], y / mask.shape[0])

"""What the worker orders of a model: the one place that turns a request and a plan into denoising runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..edit.prepare import Working, prepare
from ..edit.removal import removal_start
from ..pipelines.family import FamilyModel, Loaded
from ..pipelines.generation import Generation, Picture, Watch
from ..pipelines.refine import generate_in_tiles
from ..plan.plan import Plan
from ..protocol.messages import JobRequest
from ..protocol.tasks import ModelRef
from .clock import TaskClock
from .request import Order, begins_from_fill, painting_strength, planner_of


@dataclass(frozen=True)
class Start:
    """What a run begins with, at the size the model works at.

    image: (height, width, 3) float32 sRGB 0 to 1; mask: (height, width) float32, 1 = repaint; None for text to image.
    removes: whether the image is a removal's start (edit.removal), which the result is to keep.
    """

    width: int
    height: int
    image: NDArray[np.float32] | None
    mask: NDArray[np.float32] | None
    soft_mask: bool = True
    removes: bool = False


def generation_for(request: JobRequest, model: ModelRef, start: Start, seed: int) -> Generation:
    """The run of a model for a request: what was not asked for is the model's own."""
    return Generation(
        kind=planner_of(request),
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        width=start.width,
        height=start.height,
        strength=painting_strength(request, model),
        steps=request.steps or model.steps,
        guidance_scale=model.guidance_scale if request.guidance_scale is None else request.guidance_scale,
        sampler=request.sampler,
        seed=seed,
        image=start.image,
        mask=start.mask,
        soft_mask=start.soft_mask,
        keeps_start=start.removes,
        detail=model.removal_detail,
    )


@dataclass(frozen=True)
class Painter:
    """What paints, and who looks on. model: as the request's job has it; its settings may be newer than loaded.ref."""

    model: ModelRef
    family: FamilyModel
    loaded: Loaded
    watch: Watch
    clock: TaskClock


def paint(order: Order, plan: Plan, seed: int, painter: Painter) -> tuple[Picture, Working]:
    """The model's picture, of one pass or two, and what is needed to compose a layer of it."""
    model, loaded, watch = painter.model, painter.loaded, painter.watch
    removes = begins_from_fill(order.request, model, plan)
    with painter.clock.editing():
        working = _prepared(order, plan.refined, removes)
    if plan.refine is None:
        run = generation_for(order.request, model, _start(plan, working, removes), seed)
        return painter.family.generate(loaded, run, watch), working.after_painting
    with painter.clock.editing():
        first = _prepared(order, plan, removes) if plan.refine.first_pass else working
    run = generation_for(order.request, model, _start(plan, first, removes), seed)
    made = generate_in_tiles(painter.family, loaded, run, plan.refine, working, watch, only_whole=plan.whole_only)
    return made, working.after_painting


def _prepared(order: Order, plan: Plan, removes: bool) -> Working:
    working = prepare(order.source, plan)
    return removal_start(working) if removes else working


def _start(plan: Plan, working: Working, removes: bool) -> Start:
    return Start(
        plan.working_width,
        plan.working_height,
        working.image if plan.needs_image else None,
        working.mask if plan.needs_image else None,
        plan.does("soft_mask"),
        removes,
    )

"""What the operations that paint share: plan -> prepared picture -> pipeline -> composed layer, and its thumbnail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...edit.compose import compose
from ...edit.compose.layer import Layer
from ...edit.prepare import Working
from ...edit.source import Image
from ...operations.limits import MAX_PROMPT
from ...pipelines.family import code_of
from ...pipelines.generation import Picture
from ...pipelines.samplers import check_sampler
from ...plan.plan import Plan
from ...plan.warnings import Notice
from ...protocol.envelope import JobRequest
from ...protocol.messages import FRAME, ModelUsed
from ...protocol.tasks import ModelRef, Task
from ..artifacts import box_of, describe, frame, thumbnail, whole_options
from ..notices import notices
from ..painting import Painter, paint
from ..request import Order, guidance_of, painting_strength, plan_order, steps_of, strength_of
from ..thumbnail import make_thumbnail
from .base import Artifact, Inputs, Meta, RunContext

Tell = Callable[[Order, Plan], Sequence[Notice]]
Settle = Callable[[Image, Plan, Working], tuple[Image, Working]]
"""What is made of a model's picture before it becomes a layer: another picture, and another mask."""


@dataclass(frozen=True)
class Painted:
    """What a model has painted. hash: of the model's weights."""

    layer: Layer
    plan: Plan
    picture: Picture
    hash: str


def painted_layer(
    context: RunContext,
    order: Order,
    model: ModelRef,
    *,
    background_wanted: bool = False,
    tell: Tell = notices,
    settle: Settle | None = None,
) -> Painted:
    """The stages of painting: a request of an operation with a planner, painted and composed.

    background_wanted: see `paint`. tell: what the user is told before it is painted. settle: None: nothing. Raises
    BridgeError, Cancelled and whatever a model raises.
    """
    watch, clock = context.watch, context.clock
    family = context.families.named(model.family)
    check_sampler(order.request.options.sampler, family.spec.samplers)
    plan = plan_order(order, model, context.families)
    for notice in tell(order, plan):
        watch.warn(notice.code, notice.message)
    loaded = context.load(model, watch)
    watch.stage("encoding")
    painter = Painter(model, code_of(family), loaded, watch, clock)
    picture, working = paint(order, plan, context.task.seed, painter, background_wanted=background_wanted)
    with clock.editing():
        pixels = picture.pixels
        if settle is not None:
            pixels, working = settle(pixels, plan.at_hires, working)
        layer = compose(pixels, order.source, plan.at_hires, working, overwrite=True)
    watch.check()
    return Painted(layer, plan, picture, loaded.ref.hash)


def paint_layer(
    context: RunContext, _params: object, _inputs: Inputs, *, settle: Settle | None = None
) -> Iterator[Artifact]:
    """The thumbnail and the layer of one variation. Raises BridgeError, Cancelled and whatever a model raises.

    All that is asked for is in the context's order, from which the plan is made as well.
    """
    task, order = context.task, context.order
    model = task.model
    if model is None:
        raise ValueError(f"{order.request.operation} paints, and the task has no model")
    painted = painted_layer(context, order, model, settle=settle)
    layer, plan, picture = painted.layer, painted.plan, painted.picture
    meta = Meta(layer.bounds, task.seed, picture.steps_run)
    message = describe(
        context,
        "layer",
        layer.bounds,
        canvas=box_of(plan.canvas),
        steps_run=picture.steps_run,
        model=ModelUsed(name=model.name, family=model.family, hash=painted.hash),
        request=resolved(order.request, task, model, plan, picture),
    )
    yield from thumbnail(context, lambda: make_thumbnail(layer, order.source, plan))
    parts = frame(message, {"image": layer.image, "mask": layer.mask}, order.source.profile)
    yield Artifact("layer", task.index, FRAME, parts, meta)


def resolved(request: JobRequest, task: Task, model: ModelRef, plan: Plan, picture: Picture) -> JobRequest:
    """With every option as it was used; the prompt that the model gave itself, where there was none."""
    used: dict[str, Any] = {
        "strength": _told_strength(request, model),
        "steps": steps_of(request, model),
        "guidance_scale": guidance_of(request, model),
        "sampler": picture.sampler,
        "num_images": 1,
    }
    if picture.caption:
        used["prompt"] = picture.caption[:MAX_PROMPT]
    if plan.has_edge:
        used |= {"grow": plan.grow, "feather": plan.feather, "padding": plan.padding}
    own = {name: value for name, value in used.items() if request.spec.has_option(name)}
    return request.changed(params=whole_options(request) | own).resolved(task.seed, model)


def _told_strength(request: JobRequest, model: ModelRef) -> float | None:
    """None where the model's own removal_strength was used: the same job asked for again leaves it out again."""
    strength = strength_of(request, model)
    return strength if painting_strength(request, model) == strength else None

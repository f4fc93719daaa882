"""What the operations that paint share: plan -> prepared picture -> pipeline -> composed layer, and its thumbnail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...edit.compose import Layer, compose
from ...pipelines.family import Loaded, code_of
from ...pipelines.generation import Picture
from ...pipelines.samplers import sampler_name
from ...plan.bounds import Bounds
from ...plan.plan import Plan
from ...protocol.frame import Buffer, Tensor, encode
from ...protocol.messages import Box, JobRequest, ModelUsed, ResultMessage, WarningBody
from ...protocol.tasks import ModelRef, Task
from ..clock import TaskClock
from ..notices import notices
from ..painting import Painter, paint
from ..request import Order, painting_strength, plan_order, strength_of
from ..thumbnail import make_thumbnail
from ..watch import TaskWatch, encode_jpeg
from .base import FRAME, JPEG, THUMBNAIL, Artifact, Inputs, Meta, RunContext

THUMBNAIL_QUALITY = 85
DTYPE_NAMES = {"u1": "U8", "u2": "U16", "f4": "F32"}


def paint_layer(context: RunContext, _params: object, _inputs: Inputs) -> Iterator[Artifact]:
    """The thumbnail and the layer of one variation. Raises BridgeError, Cancelled and whatever a model raises.

    All that is asked for is in the context's order, from which the plan is made as well.
    """
    task, order, watch, clock = context.task, context.order, context.watch, context.clock
    family = context.families.named(task.model.family)
    sampler_name(order.request.sampler, family.spec.samplers)
    plan = plan_order(order, task.model, context.families)
    for notice in notices(order, plan):
        watch.warn(notice.code, notice.message)
    loaded = context.load(task.model, watch)
    watch.phase("encoding")
    painter = Painter(task.model, code_of(family), loaded, watch, clock)
    picture, working = paint(order, plan, task.seed, painter)
    with clock.editing():
        layer = compose(picture.pixels, order.source, plan.refined, working, overwrite=True)
    watch.check()
    message = _message(task, order, plan, picture, layer, loaded, watch, clock)
    meta = Meta(layer.bounds, task.seed, picture.steps_run)
    thumbnail = encode_jpeg(make_thumbnail(layer, order.source, plan), THUMBNAIL_QUALITY)
    yield Artifact(THUMBNAIL, task.index, JPEG, [thumbnail], meta)
    yield Artifact("layer", task.index, FRAME, _frame(message, layer, order.source.profile), meta)


def _message(
    task: Task,
    order: Order,
    plan: Plan,
    picture: Picture,
    layer: Layer,
    loaded: Loaded,
    watch: TaskWatch,
    clock: TaskClock,
) -> ResultMessage:
    """Everything that is needed to make the result again."""
    request = order.request
    resolved: dict[str, Any] = {
        "strength": _told_strength(request, task.model),
        "steps": request.steps or task.model.steps,
        "guidance_scale": task.model.guidance_scale if request.guidance_scale is None else request.guidance_scale,
        "sampler": picture.sampler,
        "seed": task.seed,
        "count": 1,
        "model": task.model.name,
    }
    if plan.has_edge:
        resolved |= {"grow": plan.grow, "feather": plan.feather, "padding": plan.padding}
    return ResultMessage(
        kind=request.kind,
        bounds=_box(layer.bounds),
        canvas=_box(plan.canvas),
        seed=task.seed,
        index=task.index,
        steps_run=picture.steps_run,
        model=ModelUsed(name=task.model.name, family=task.model.family, hash=loaded.ref.hash),
        request=request.model_copy(update=resolved),
        warnings=[WarningBody(code=warned.code, message=warned.message) for warned in watch.warnings],
        seconds=round(clock.seconds, 3),
        edit_seconds=round(clock.edit_seconds, 3),
    )


def _told_strength(request: JobRequest, model: ModelRef) -> float | None:
    """None where the model's own removal_strength was used: the same job asked for again leaves it out again."""
    strength = strength_of(request)
    return strength if painting_strength(request, model) == strength else None


def _box(bounds: Bounds) -> Box:
    return Box(x=bounds.x, y=bounds.y, width=bounds.width, height=bounds.height)


def _frame(message: ResultMessage, layer: Layer, profile: bytes | str | None) -> list[Buffer]:
    """A result describes itself: with the profile that came with the request, whatever the document has by then."""
    tensors = {"image": _tensor(layer.image), "mask": _tensor(layer.mask)}
    if isinstance(profile, bytes):
        tensors["icc"] = Tensor("U8", (len(profile),), profile)
    return encode(message.model_dump(mode="json"), tensors)


def _tensor(array: NDArray[Any]) -> Tensor:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return Tensor(DTYPE_NAMES[array.dtype.str[1:]], array.shape, little.data.cast("B"))

"""Separate into Layers: what a model makes of a picture, as layers of the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from ...edit.layers import document_layers
from ...edit.prepare import Working, prepare
from ...errors import BridgeError, ErrorCode
from ...operations.separate import SeparateParams
from ...pipelines.family import code_of
from ...pipelines.generation import FloatArray, Generation
from ...pipelines.samplers import check_sampler
from ...plan.plan import Plan
from ...protocol.messages import FRAME, ModelUsed
from ...protocol.tasks import ModelRef
from ..artifacts import describe, frame, thumbnail
from ..notices import notices
from ..painting import Start, generation_for
from ..request import plan_order
from ..thumbnail import stack_thumbnail
from .base import Artifact, Inputs, Meta, RunContext
from .painting import resolved

NOTHING = "There is nothing to take apart: the picture is transparent here. Select an area that shows something."


def run(context: RunContext, params: SeparateParams, _inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError, Cancelled and whatever a model raises."""
    task, order, watch = context.task, context.order, context.watch
    if task.model is None:
        raise ValueError(f"{order.request.operation} paints, and the task has no model")
    family = context.families.named(task.model.family)
    check_sampler(order.request.options.sampler, family.spec.samplers)
    plan = plan_order(order, task.model, context.families)
    for notice in notices(order, plan):
        watch.warn(notice.code, notice.message)
    loaded = context.load(task.model, watch)
    watch.stage("encoding")
    with context.clock.editing():
        working = prepare(order.source, plan)
        if working.known is not None and not working.known.any():
            raise BridgeError(ErrorCode.NOTHING_FOUND, NOTHING)
        asked = _asked(context, task.model, params, plan, working)
    picture = code_of(family).generate(loaded, asked, watch)
    watch.stage("fitting")
    with context.clock.editing():
        layers = document_layers(
            picture.pixels, order.source, plan, working.composite, watch.check, own_pixels=params.own_pixels
        )
    if not layers:
        raise BridgeError(ErrorCode.BAD_OUTPUT, "All layers that the model made are empty. Try another seed.")
    if len(layers) < params.layer_count:
        text = f"{params.layer_count - len(layers)} of {params.layer_count} layers came out empty, and were left out."
        watch.warn("empty_layers", text)
    used = ModelUsed(name=task.model.name, family=task.model.family, hash=loaded.ref.hash)
    request = resolved(order.request, task, task.model, plan, picture)
    yield from thumbnail(context, partial(stack_thumbnail, layers, order.source.profile, plan.target))
    for role, layer in zip(order.request.spec.outputs, layers, strict=False):
        message = describe(context, role, layer.bounds, steps_run=picture.steps_run, model=used, request=request)
        parts = frame(message, {"image": layer.image, "mask": layer.mask}, order.source.profile)
        yield Artifact(role, task.index, FRAME, parts, Meta(layer.bounds, task.seed, picture.steps_run))


def _asked(context: RunContext, model: ModelRef, params: SeparateParams, plan: Plan, working: Working) -> Generation:
    start = Start(plan.working_width, plan.working_height, None, None)
    asked = generation_for(context.order.request, model, start, context.task.seed)
    return replace(asked, image=_with_alpha(working), layers=params.layer_count)


def _with_alpha(working: Working) -> FloatArray:
    """(h, w, 4): what the document shows, transparent where it shows nothing."""
    height, width = working.image.shape[:2]
    alpha = np.ones((height, width), np.float32) if working.known is None else working.known
    return np.concatenate([working.image, alpha[:, :, None]], axis=2)

"""Edit: a painted layer, aligned with what it was made from, that shows what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...edit.instructed import settle
from ...edit.prepare import Working
from ...edit.source import Image
from ...plan.plan import Plan
from ...protocol.instead import job_instead, notice_of
from .base import Artifact, Inputs, RunContext
from .filling import edit_layer
from .painting import paint_layer

UNCHANGED = (
    "Nothing has visibly changed, so all of the model's picture is shown. Say it in other words, or try another seed."
)


def run(context: RunContext, params: object, inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError, Cancelled and whatever a model raises."""
    watch = context.watch
    if not _is_able(context):
        return _done_otherwise(context, params, inputs)

    def fit(picture: Image, plan: Plan, working: Working) -> tuple[Image, Working]:
        watch.check()
        watch.stage("fitting")
        settled = settle(picture, working, plan)
        if not settled.is_changed:
            watch.warn("unchanged", UNCHANGED)
        return settled.picture, settled.working

    return paint_layer(context, params, inputs, settle=fit)


def _is_able(context: RunContext) -> bool:
    """Whether the task's model edits; False also where the daemon found that none does it."""
    model, planner = context.task.model, context.order.request.spec.planner
    if model is None:
        return False
    is_guess = model.source == "hub"  # of its family, by the name alone: what cannot is told once it is downloaded
    return is_guess or planner in context.families.named(model.family).spec.operations


def _done_otherwise(context: RunContext, params: object, inputs: Inputs) -> Iterator[Artifact]:
    """The layer of the operation that does the same, as protocol/instead.py says, which the daemon has checked."""
    order = context.order
    request = job_instead(order.request)
    if request is None:
        raise ValueError(f"{order.request.operation} was given to a model that cannot do it")
    notice = notice_of(order.request.spec, request.spec)
    context.watch.warn(notice.code, notice.message)
    return edit_layer(replace(context, order=replace(order, request=request)), params, inputs)

"""What the operations share that can fill by example: the filled layer, and its thumbnail."""

from __future__ import annotations

from collections.abc import Iterator

from ...edit.fill.exemplar import FillOptions, Progress
from ...edit.filled import filled_layer
from ...edit.sampled import Sample
from ...families.references import reference_roles
from ...plan.bounds import Bounds
from ...protocol.messages import FRAME
from ..artifacts import box_of, describe, frame, thumbnail, whole_options
from ..notices import notices
from ..preparing import prepare_fill
from ..request import Order, plan_without_model, reach_of
from ..segmenters import network_for
from ..thumbnail import make_thumbnail
from ..watch import TaskWatch
from .base import Artifact, Inputs, Meta, RunContext
from .painting import paint_layer

STEPS = 20  # that are told of a fill
AROUND = "Filled by example, from the picture around it."
SAMPLED = "Filled by example, from what “Sample from” shows."


def edit_layer(context: RunContext, params: object, inputs: Inputs) -> Iterator[Artifact]:
    """By the model that the task has; by example where it has none."""
    return fill_layer(context) if context.task.model is None else paint_layer(context, params, inputs)


def fill_layer(context: RunContext) -> Iterator[Artifact]:
    """The thumbnail and the layer of one variation. Raises BridgeError (invalid_request, unsupported), Cancelled."""
    task, order, watch = context.task, context.order, context.watch
    plan = plan_without_model(order)
    for notice in notices(order, plan):
        watch.warn(notice.code, notice.message)
    with context.clock.editing():
        prepare_fill(watch)
        watch.stage("filling")
        options = order.request.options
        chosen = FillOptions(mirrored=options.mirrored, rotated=options.rotated, around=reach_of(order))
        sample = _sample(order)
        network = network_for(None) if plan.planner == "outpaint" and sample is None else None
        layer = filled_layer(order.source, plan, task.seed, chosen, _told(watch), sample, network)
    watch.warn("by_example", AROUND if sample is None else SAMPLED)
    watch.check()
    request = order.request
    used = {"grow": plan.grow, "feather": plan.feather, "padding": plan.padding, "num_images": 1}
    message = describe(
        context,
        "layer",
        layer.bounds,
        canvas=box_of(plan.canvas),
        request=request.changed(params=whole_options(request) | used).resolved(task.seed, None),
    )
    yield from thumbnail(context, lambda: make_thumbnail(layer, order.source, plan))
    parts = frame(message, {"image": layer.image, "mask": layer.mask}, order.source.profile)
    yield Artifact("layer", task.index, FRAME, parts, Meta(layer.bounds, task.seed))


def _sample(order: Order) -> Sample | None:
    """The picture that pieces are to come from; None where none was sent."""
    role = next(iter(reference_roles(order.further)), None)
    if role is None:
        return None
    box = order.request.inputs[role].bounds
    bounds = None if box is None else Bounds(box.x, box.y, box.width, box.height)
    return Sample(order.further[role], bounds, order.profiles.get(role))


def _told(watch: TaskWatch) -> Progress:
    """Tells the watch how far a fill is, in steps, and raises Cancelled where the user has stopped it."""
    told = 0

    def progress(done: float) -> None:
        nonlocal told
        watch.check()
        if int(done * STEPS) > told:
            told = int(done * STEPS)
            watch.step(told, STEPS)

    return progress

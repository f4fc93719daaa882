"""Edit: a painted layer, aligned with what it was made from, that shows what has changed."""

from __future__ import annotations

from collections.abc import Iterator

from ...edit.instructed import settle
from ...edit.prepare import Working
from ...edit.source import Image
from ...plan.plan import Plan
from .base import Artifact, Inputs, RunContext
from .painting import paint_layer

UNCHANGED = (
    "Nothing has visibly changed, so all of the model's picture is shown. Say it in other words, or try another seed."
)


def run(context: RunContext, params: object, inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError, Cancelled and whatever a model raises."""
    watch = context.watch

    def fit(picture: Image, plan: Plan, working: Working) -> tuple[Image, Working]:
        watch.check()
        watch.stage("fitting")
        settled = settle(picture, working, plan)
        if not settled.is_changed:
            watch.warn("unchanged", UNCHANGED)
        return settled.picture, settled.working

    return paint_layer(context, params, inputs, settle=fit)

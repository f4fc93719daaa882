"""Remove Background: all of the picture as a layer, whose mask shows the subject."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...edit.source import window
from ...operations.remove_background import RemoveBackgroundParams
from ..artifacts import layer
from .base import Artifact, Inputs, RunContext
from .cutting import cut_subject, layer_pixels, own_colors


def run(context: RunContext, params: RemoveBackgroundParams, inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError (nothing_found, empty_selection, unsupported, invalid_request), Cancelled."""
    source = context.order.source
    subject = cut_subject(context, params.threshold)
    colors = own_colors(context, subject) if params.clean_colors else None
    with context.clock.editing():
        pixels = layer_pixels(source, subject, colors, source.bounds, context.watch)
        mask = window(np.rint(subject.alpha * 255).astype(np.uint8), subject.box, source.bounds)
    context.watch.check()
    yield from layer(context, "layer", pixels, mask, source.bounds)

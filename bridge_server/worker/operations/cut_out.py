"""Cut Out to Layer: the subject's box, with the subject's alpha as its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...edit.color import FULL
from ...edit.source import window
from ...operations.cut_out import CutOutParams
from ..artifacts import layer
from .base import Artifact, Inputs, RunContext
from .cutting import cut_subject, layer_pixels, own_colors


def run(context: RunContext, params: CutOutParams, inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError (nothing_found, empty_selection, unsupported, invalid_request), Cancelled."""
    source = context.order.source
    subject = cut_subject(context, params.threshold)
    colors = own_colors(context, subject) if params.clean_colors else None
    with context.clock.editing():
        part = subject.bounds()
        pixels = layer_pixels(source, subject, colors, part, context.watch)
        alpha = window(subject.alpha, subject.box, part)
        if pixels.dtype == np.float32:
            pixels[:, :, -1] = alpha
        else:
            pixels[:, :, -1] = np.rint(alpha * np.float32(FULL[pixels.dtype]))
        pixels[pixels[:, :, -1] == 0] = 0
    context.watch.check()
    yield from layer(context, "layer", pixels, np.full(alpha.shape, 255, np.uint8), part)

"""Enhance: what is wrong with the picture is measured, and mended tile by tile, each told as a step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...edit.color import FULL, has_alpha
from ...edit.enhance import Strengths, enhance, measure, prepare, tiles
from ...edit.source import selection_bounds, window
from ...errors import BridgeError, ErrorCode
from ...operations.enhance import EnhanceParams
from ..artifacts import layer
from .base import Artifact, Inputs, RunContext


def run(context: RunContext, params: EnhanceParams, inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError (empty_selection, unsupported, invalid_request), Cancelled."""
    source, watch = context.order.source, context.watch
    if source.image is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "enhance needs a picture, and none was sent.")
    strengths = Strengths(params.denoise, params.sharpen, params.deblock)
    if not (strengths.denoise or strengths.sharpen or strengths.deblock):
        raise BridgeError(ErrorCode.INVALID_REQUEST, "All three strengths are 0, so there is nothing to do. Raise one.")
    box = selection_bounds(source) or source.bounds
    if strengths.denoise or strengths.deblock:
        watch.stage("preparing")
        prepare()
    watch.stage("measuring")
    with context.clock.editing():
        found = measure(source.image, source.profile, watch.check)
        watch.stage("enhancing")
        own = box.relative_to(source.bounds)
        channels = source.image.shape[2] + (0 if has_alpha(source.image) else 1)
        pixels = np.full((box.height, box.width, channels), FULL[source.image.dtype], source.image.dtype)
        count = len(tiles(box.width, box.height))
        made = enhance(source.image, source.profile, own, strengths, found, watch.check)
        for number, (place, part) in enumerate(made, start=1):
            pixels[place.y : place.bottom, place.x : place.right, : part.shape[2]] = part
            watch.step(number, count)
        mask = np.full((box.height, box.width), 255, np.uint8)
        if source.mask is not None:
            mask = np.ascontiguousarray(window(source.mask, source.bounds, box))
    watch.check()
    yield from layer(context, "layer", pixels, mask, box)

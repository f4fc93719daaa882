"""Upscale: tile by tile, each told as a step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...edit.enlarge import Enlarger, drawn, enlarge, interpolated, tiles
from ...edit.source import Image
from ...errors import BridgeError, ErrorCode
from ...models.upscalers import Upscaler
from ...models.weights import UPSCALER, shipped
from ...operations.limits import MAX_SIDE
from ...operations.upscale import UpscaleParams
from ...pipelines.upscalers import load_upscaler
from ...plan.limits import MAX_CROP_PIXELS
from ...plan.upscaling import TILE, takes_long, tile_side, upscaling_work
from ..artifacts import document
from .base import Artifact, Inputs, RunContext

LONG = 120  # seconds: of what takes longer is told when it begins


def run(context: RunContext, params: UpscaleParams, inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError (too_many_pixels, unsupported, invalid_request), Cancelled."""
    source, watch, scale = context.order.source, context.watch, int(params.scale)
    if source.image is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "upscale needs a picture, and none was sent.")
    height, width, channels = source.image.shape
    _check_size(width * scale, height * scale)
    watch.stage("enlarging")
    enlarger, side = _enlarger(context, params, width * height)
    large = np.empty((height * scale, width * scale, channels), source.image.dtype)
    count = len(tiles(width, height, side))
    made = enlarge(source.image, source.profile, scale, enlarger, side)
    for number, (place, pixels) in enumerate(made, start=1):
        large[place.y : place.bottom, place.x : place.right] = pixels
        watch.step(number, count)
        watch.check()
    yield from document(context, "document", large)


def _enlarger(context: RunContext, params: UpscaleParams, pixels: int) -> tuple[Enlarger, int]:
    """And the side of the tiles that it is given."""
    model, device, scale = context.task.model, context.device.torch, int(params.scale)
    if model is None and params.treat_as == "photograph":
        return interpolated, TILE
    net = load_upscaler(shipped(UPSCALER) if model is None else Path(model.path), device)
    _tell_how_long(context, net.facts, scale, pixels)

    def draw(seen: Image) -> Image:
        began = time.monotonic()
        made = net.enlarge(seen, context.watch.check)
        seconds = max(1e-3, time.monotonic() - began)
        if net.facts.work:
            context.watch.measured(net.facts.kind, net.facts.work * seen.shape[0] * seen.shape[1] / seconds)
        while made.shape[0] < seen.shape[0] * scale:
            made = net.enlarge(np.clip(made, 0.0, 1.0), context.watch.check)
        return made

    return drawn(draw), tile_side(net.facts.kind)


def _tell_how_long(context: RunContext, facts: Upscaler, scale: int, pixels: int) -> None:
    """A notice before what takes minutes, by what networks took that were measured."""
    work = upscaling_work(facts.kind, facts.work, facts.scale, scale, pixels)
    notice = takes_long(work, facts.kind, context.device.torch.type, least=LONG)
    if notice is not None:
        context.watch.warn(notice.code, notice.message)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_CROP_PIXELS or max(width, height) > MAX_SIDE:
        raise BridgeError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The picture would become {width} by {height} pixels; {MAX_CROP_PIXELS >> 20} megapixels and a side of "
            f"{MAX_SIDE} are the limit. Take a smaller scale, or a part of the picture.",
        )

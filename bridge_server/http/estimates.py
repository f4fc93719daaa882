"""How long a job will take, told before it runs: by what its operation names as `estimate`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ..models.described import UPSCALER
from ..models.upscalers import upscaler_at
from ..models.weights import UPSCALER as DRAWING
from ..models.weights import shipped
from ..operations.upscale import UpscaleParams
from ..plan.upscaling import takes_long, upscaling_work
from ..plan.warnings import Notice
from ..protocol.envelope import PlanRequest
from .call import parse_message
from .services import Services


class Estimate(Protocol):
    async def __call__(self, request: PlanRequest, pixels: int, services: Services) -> list[Notice]:
        """pixels: of the picture that is worked on. Raises BridgeError for options that are none."""
        ...


async def upscaling(request: PlanRequest, pixels: int, services: Services) -> list[Notice]:
    params = parse_message(UpscaleParams, {**request.params, "model": request.model})
    if params.model is None and params.treat_as == "photograph":
        return []
    own = None if params.model is None else await services.models.resolve(params.model, role=UPSCALER)
    path = shipped(DRAWING) if own is None else Path(own.path)
    network = await asyncio.to_thread(upscaler_at, path)
    if network is None:
        return []
    work = upscaling_work(network.kind, network.work, network.scale, int(params.scale), pixels)
    device = next(iter(services.executor.devices()), None)
    name, rates = ("auto", {}) if device is None else (device.name, device.upscaling)
    notice = takes_long(work, network.kind, name, rates.get(network.kind))
    return [] if notice is None else [notice]


ESTIMATES: Mapping[str, Estimate] = {"upscaling": upscaling}

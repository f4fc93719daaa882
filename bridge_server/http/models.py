"""Calls about models: what is installed, and loading one ahead of its first job."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from ..models.catalog import default_name
from ..models.described import Model
from ..models.reading import printable
from ..models.samplers import SAMPLERS
from ..operations.registry import Registry
from ..protocol.service import DeviceInfo, LoadRequest, ModelInfo, ModelList, Ok
from .call import Call, serves

GPU_FACTOR = 1.5  # bytes of weights to bytes of memory: activations and the allocator's slack
CPU_FACTOR = 2.5  # there most of a float16 file becomes float32


def fits(model: Model, devices: list[DeviceInfo]) -> bool | None:
    """Whether the model's weights leave room to work on some device; None: memory or size not known."""
    known = [device for device in devices if device.memory_bytes]
    if not known or not model.bytes:
        return None
    return any(
        model.bytes * (CPU_FACTOR if device.name == "cpu" else GPU_FACTOR) <= (device.memory_bytes or 0)
        for device in known
    )


async def listing(call: Call) -> ModelList:
    services = call.services
    models = await services.shelf.refresh()
    return await asyncio.to_thread(
        model_list, models, services.executor.devices(), services.shelf.folders, services.operations
    )


def model_list(
    models: Sequence[Model], devices: list[DeviceInfo], folders: Sequence[Path], operations: Registry
) -> ModelList:
    """The answer about `models`; they may be thousands."""
    loaded = {device.loaded_model for device in devices}
    default = default_name(models)
    kinds = [operation.name for operation in operations.all() if operation.requires.model]
    return ModelList(
        models=[
            ModelInfo(
                name=model.name,
                family=model.ref.family,
                kinds=kinds if model.problem is None else [],
                inpaint_model=model.ref.inpaint_model,
                native_side=model.ref.native_side,
                multiple=model.ref.multiple,
                licence=model.licence,
                bytes=model.bytes,
                path=model.ref.path,
                default=model.name == default,
                loaded=model.name in loaded,
                fits=fits(model, devices),
                note=model.note,
                steps=model.ref.steps,
                guidance_scale=model.ref.guidance_scale,
                samplers=list(SAMPLERS) if model.problem is None else [],
            )
            for model in models
        ],
        devices=devices,
        folders=[printable(str(folder)) for folder in folders],
    )


async def load(call: Call) -> Ok:
    """Load a model now; answers when it is loaded. Raises what resolving and loading raise."""
    request = call.read(LoadRequest)
    await call.services.executor.load(await call.services.shelf.resolve(request.model))
    return Ok()


ROUTES = (serves("models", listing), serves("load_model", load))

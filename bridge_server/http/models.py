"""Calls about models: what is installed, and loading one ahead of its first job."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from ..families.base import FamilySpec
from ..families.registry import FamilyRegistry, builtin
from ..models.catalog import default_name
from ..models.described import Model
from ..models.reading import printable
from ..models.samplers import AUTO
from ..operations.registry import Registry
from ..protocol.service import DeviceInfo, LoadRequest, ModelInfo, ModelList, ModelOption, Ok
from .call import Call, serves


def fits(model: Model, spec: FamilySpec | None, devices: list[DeviceInfo]) -> bool | None:
    """Whether the model's weights leave room to work on some device; None: memory, size or family are not known."""
    known = [device for device in devices if device.memory_bytes]
    if spec is None or not known or not model.bytes:
        return None
    return any(spec.memory.needs(model.bytes, device.name) <= (device.memory_bytes or 0) for device in known)


def options_of(model: Model, spec: FamilySpec) -> dict[str, ModelOption]:
    """What a job's options may be with this model."""
    steps, guidance = spec.steps, spec.guidance_scale
    return {
        "steps": ModelOption(minimum=steps.least, maximum=steps.most, default=model.ref.steps),
        "guidance_scale": ModelOption(
            read=spec.guidance != "none",
            minimum=guidance.least,
            maximum=guidance.most,
            default=model.ref.guidance_scale,
        ),
        "negative_prompt": ModelOption(read=spec.negative_prompt),
        "sampler": ModelOption(default=AUTO, choices=[AUTO, *spec.samplers]),
    }


async def listing(call: Call) -> ModelList:
    services = call.services
    models = await services.shelf.refresh()
    return await asyncio.to_thread(
        model_list,
        models,
        services.executor.devices(),
        services.shelf.folders,
        services.operations,
        services.families,
    )


def model_list(
    models: Sequence[Model],
    devices: list[DeviceInfo],
    folders: Sequence[Path],
    operations: Registry,
    families: FamilyRegistry | None = None,
) -> ModelList:
    """The answer about `models`; they may be thousands. families: None: those that come with Layerbridge."""
    known = families or builtin()
    specs = {family.key: family.spec for family in known}
    loaded = {device.loaded_model for device in devices}
    default = default_name(models)
    return ModelList(
        models=[
            _info(model, specs.get(model.ref.family), devices, operations).model_copy(
                update={"default": model.name == default, "loaded": model.name in loaded}
            )
            for model in models
        ],
        devices=devices,
        folders=[printable(str(folder)) for folder in folders],
    )


def _info(model: Model, spec: FamilySpec | None, devices: list[DeviceInfo], operations: Registry) -> ModelInfo:
    """What of a model does not depend on the others. spec: of its family, where that is known."""
    ref = model.ref
    info = ModelInfo(
        name=model.name,
        family=ref.family,
        kinds=[],
        inpaint_model=ref.inpaint_model,
        native_side=ref.native_side,
        multiple=ref.multiple,
        licence=model.licence,
        bytes=model.bytes,
        path=ref.path,
        default=False,
        loaded=False,
        fits=fits(model, spec, devices),
        note=model.note,
        steps=ref.steps,
        guidance_scale=ref.guidance_scale,
    )
    if spec is None or model.problem is not None:
        return info
    asked = (operation for operation in operations.all() if operation.requires.model)
    told = {
        "kinds": [operation.name for operation in asked if operation.planner in spec.operations],
        "samplers": list(spec.samplers),
        "guidance": spec.guidance,
        "negative_prompt": spec.negative_prompt,
        "references": spec.references,
        "options": options_of(model, spec),
    }
    return info.model_copy(update=told)


async def load(call: Call) -> Ok:
    """Load a model now; answers when it is loaded. Raises what resolving and loading raise."""
    request = call.read(LoadRequest)
    await call.services.executor.load(await call.services.shelf.resolve(request.model))
    return Ok()


ROUTES = (serves("models", listing), serves("load_model", load))

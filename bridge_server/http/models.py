"""Calls about models: what is installed, and loading one ahead of its first job."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from ..errors import BridgeError, ErrorCode
from ..families.base import AUTO, FamilySpec
from ..families.registry import FamilyRegistry, builtin
from ..models.catalog import can_run, default_or_none
from ..models.described import BASE, REFINER, Model
from ..models.reading import printable
from ..operations.registry import Registry
from ..protocol.service import DeviceInfo, LoadRequest, ModelInfo, ModelList, ModelOption, Ok
from ..protocol.tasks import ModelRef
from .call import Call


def fits(model: Model, spec: FamilySpec | None, devices: list[DeviceInfo]) -> bool | None:
    """Whether the model's weights leave room to work on some device; None: memory, size or family are not known."""
    known = [device for device in devices if device.memory_bytes]
    if spec is None or not known or not model.size:
        return None
    return any(spec.memory.needs(model.size, device.name) <= (device.memory_bytes or 0) for device in known)


def options_of(ref: ModelRef, spec: FamilySpec) -> dict[str, ModelOption]:
    """What a job's options may be with this model."""
    steps, guidance = spec.steps, spec.guidance_scale
    return {
        "steps": ModelOption(minimum=steps.least, maximum=steps.most, default=ref.steps),
        "guidance_scale": ModelOption(
            read=spec.guidance != "none",
            minimum=guidance.least,
            maximum=guidance.most,
            default=ref.guidance_scale,
        ),
        "negative_prompt": ModelOption(read=spec.negative_prompt),
        "sampler": ModelOption(default=AUTO, choices=[AUTO, *spec.samplers]),
    }


def check_options(own: BaseModel, ref: ModelRef, spec: FamilySpec) -> None:
    """Whether the model takes the numbers that were chosen; what it does not read may be anything.

    own: the options of the operation. Raises BridgeError (invalid_request).
    """
    for name, offered in options_of(ref, spec).items():
        value = getattr(own, name, None)
        if not offered.read or not isinstance(value, int | float):
            continue
        least = -math.inf if offered.minimum is None else offered.minimum
        most = math.inf if offered.maximum is None else offered.maximum
        if not least <= value <= most:
            raise BridgeError(
                ErrorCode.INVALID_REQUEST,
                f"params.{name}: the model {ref.name} takes {least:g} to {most:g}; {value:g} was asked for.",
            )


async def listing(call: Call) -> ModelList:
    services = call.services
    models = await services.models.refresh()
    return await asyncio.to_thread(
        model_list,
        models,
        services.executor.devices(),
        services.models.folders,
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
    loaded = {device.loaded_model for device in devices}
    default = default_or_none(models)
    defaults = {
        operation.name: default_or_none(models, operation, known)
        for operation in operations.all()
        if operation.requires.model
    }
    return ModelList(
        models=[
            _info(model, devices, operations, known).model_copy(
                update={
                    "default": model is default,
                    "default_for": [name for name, chosen in defaults.items() if chosen is model],
                    "loaded": model.name in loaded and (model.role or BASE) == BASE,
                }
            )
            for model in models
        ],
        devices=devices,
        folders=[printable(str(folder)) for folder in folders],
    )


def _info(model: Model, devices: list[DeviceInfo], operations: Registry, families: FamilyRegistry) -> ModelInfo:
    """What of a model does not depend on the others."""
    family = families.get(model.ref.family)
    spec = None if family is None else family.spec
    ref = model.ref
    info = ModelInfo(
        key=model.key,
        name=model.name,
        role=model.role,
        family=ref.family,
        operations=[],
        inpaint_model=ref.inpaint_model,
        native_resolution=ref.native_resolution,
        size_multiple=ref.size_multiple,
        license=model.license,
        size=model.size,
        path=ref.path,
        default=False,
        loaded=False,
        fits=fits(model, spec, devices),
        note=model.note,
        steps=ref.steps,
        guidance_scale=ref.guidance_scale,
        img2img_strength=ref.img2img_strength,
    )
    used = [operation.name for operation in operations.all() if operation.requires.network == (model.role or BASE)]
    if model.problem is None and used:
        return info.model_copy(update={"operations": used})
    if spec is None or model.problem is not None:
        return info
    if model.role != BASE:
        return info.model_copy(update={"adds_to": _adds_to(model, families), "trigger_words": list(model.triggers)})
    told = {
        "operations": [operation.name for operation in operations.all() if can_run(spec, operation)],
        "samplers": list(spec.samplers),
        "guidance": spec.guidance,
        "negative_prompt": spec.negative_prompt,
        "references": spec.references,
        "options": options_of(model.ref, spec),
    }
    return info.model_copy(update=told)


def _adds_to(model: Model, families: FamilyRegistry) -> list[str]:
    if model.role == REFINER:
        return [family.key for family in families if model.ref.family in family.spec.refiners]
    takes = ((family.key, family.spec.adapters.get(model.role)) for family in families)
    return [key for key, taken in takes if taken is not None and model.ref.family in taken.families]


async def load(call: Call) -> Ok:
    """Load a model now; answers when it is loaded. Raises what resolving and loading raise."""
    request = call.read(LoadRequest)
    await call.services.executor.load(await call.services.models.resolve(request.model))
    return Ok()

"""Loads a model of any family from a folder, a file or a hub, and lays its parts out on a device."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from ..errors import BridgeError, ErrorCode
from ..families.base import FamilySpec
from ..families.registry import FamilyRegistry
from ..models.folders import read_folder
from ..protocol.tasks import ModelRef
from .cancel import check_cancellable
from .family import Components, Loaded, LoadOrder, LoadProgress, NothingKept, code_of
from .hub import fetch
from .memory import (
    BETWEEN,
    Device,
    Placement,
    free_bytes,
    half_size,
    is_out_of_memory,
    out_of_memory,
    place,
    weight_bytes,
)
from .packed import unpacking_bytes
from .precision import run_in
from .stamps import stamps_of

log = logging.getLogger(__name__)


def _unwatched(*, fetching: bool = False) -> None:
    """Nobody wants to know."""


def is_current(loaded: Loaded) -> bool:
    """Whether the files are still those that were loaded, and those of its refiner."""
    same = stamps_of(loaded.root, loaded.ref.parts.values()) == loaded.stamps
    return same and (loaded.refiner is None or is_current(loaded.refiner))


def load(
    ref: ModelRef,
    families: FamilyRegistry,
    device: Device,
    model_store: Path | None,
    progress: LoadProgress = _unwatched,
    components: Components | None = None,
) -> Loaded:
    """The model as its files are now, whatever happens to them later. components: None: nothing is there already, and
    nothing is kept.

    Raises BridgeError: model_not_found, model_unreadable (also where a file changed meanwhile), model_unsafe,
    unsupported, out_of_memory.
    """
    family = families.named(ref.family)
    root = _fetched(ref, family.spec, families, device, progress) if ref.source == "hub" else Path(ref.path)
    progress()
    if not root.exists():
        raise BridgeError(
            ErrorCode.MODEL_NOT_FOUND,
            f"The model {ref.name} is not there any more. Put its files back, or choose another model.",
            str(root),
        )
    before = stamps_of(root, ref.parts.values())
    try:
        kept = NothingKept() if components is None else components
        order = LoadOrder(ref, family.spec, root, before, device, model_store, progress, families, kept)
        loaded = code_of(family).load(order)
        check_cancellable(loaded.parts, family.spec)
    except Exception as error:  # what the libraries raise for damaged files has no common class
        if stamps_of(root, ref.parts.values()) != before:
            raise _changed(ref) from error
        if isinstance(error, BridgeError):
            raise
        if is_out_of_memory(error):
            raise out_of_memory(device, error) from error
        raise BridgeError(
            ErrorCode.MODEL_UNREADABLE,
            f"The model {ref.name} cannot be loaded: its files are damaged, or of a kind that is not supported. "
            "Get the model again, or choose another one.",
            f"{type(error).__name__}: {error}"[:1000],
        ) from error
    if stamps_of(root, ref.parts.values()) != before:
        raise _changed(ref)
    if ref.refiner is None:
        return loaded
    return replace(loaded, refiner=load(ref.refiner, families, device, model_store, progress, components))


def _fetched(ref: ModelRef, spec: FamilySpec, families: FamilyRegistry, device: Device, progress: LoadProgress) -> Path:
    def is_whole(folder: Path) -> bool:
        return read_folder(folder, ref.path, families=families).problem is None

    parts = [name for name, component in spec.components.items() if not component.optional]
    return fetch(ref.path, parts, device.half, spec.denoiser, is_whole, progress)


def _changed(ref: ModelRef) -> BridgeError:
    return BridgeError(
        ErrorCode.MODEL_UNREADABLE,
        f"The files of the model {ref.name} changed while it was being loaded. Wait until they are downloaded or "
        "copied, then try again.",
    )


def lay_out(
    pipeline: Any, spec: FamilySpec, device: Device, native_resolution: int, ready: Collection[str] = ()
) -> Placement:
    """Bring the parts of a diffusers pipeline to the device, in the precision they run in there. ready: the names of
    those that were brought there for another model.
    """
    modules = {name: part for name, part in pipeline.components.items() if isinstance(part, nn.Module)}
    sizes = {name: half_size(part) for name, part in modules.items()}
    free, there = free_bytes(device), sum(weight_bytes(modules[name]) for name in ready)
    free = None if free is None else free + there
    paints = sizes[spec.denoiser]
    other = max((size for name, size in sizes.items() if name != spec.denoiser), default=0)
    unpacking = unpacking_bytes(modules[spec.denoiser])  # others run with less beside them, and not all of their layers
    parameters = sum(sizes.values())
    placement = place(device, parameters, paints, native_resolution, free, spec.memory, unpacking, other)
    log.info("%s parameters on %s as %s", f"{parameters:,}", device.name, placement)
    fresh = {name: part for name, part in modules.items() if name not in ready}
    for part in fresh.values():
        part.eval().requires_grad_(False)
    if placement.denoiser_dtype != BETWEEN and spec.denoiser in fresh:
        run_in(fresh[spec.denoiser], placement.denoiser_dtype, BETWEEN)
    if placement.attention_slicing:
        pipeline.enable_attention_slicing()
    if placement.vae_tiling:
        pipeline.vae.enable_tiling()
    elif "vae" in ready:
        pipeline.vae.disable_tiling()
    if placement.offload == "none":
        for part in fresh.values():
            part.to(device.torch)
    return placement


def offload(pipeline: Any, device: Device, placement: Placement) -> None:
    """Let a pipeline that was just made from the parts move them as the placement says."""
    enable: dict[str, Callable[..., None]] = {
        "model": pipeline.enable_model_cpu_offload,
        "layers": pipeline.enable_sequential_cpu_offload,
    }
    if chosen := enable.get(placement.offload):
        chosen(device=device.torch)

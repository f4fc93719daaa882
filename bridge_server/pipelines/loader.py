"""Loads Stable Diffusion 1 and 2 from a folder, a single file or a hub into parts that pipelines are made of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from ..errors import BridgeError, ErrorCode
from ..models.folders import choose_variant, has_safe_weights, weight_files
from ..models.hashes import weights_hash
from ..models.header import read_header
from ..models.overrides import FILE_NAME, LatentRgb, Overrides, read_overrides
from ..models.parts import INDEX_NAME, Parts, read_parts
from ..models.reading import read_json
from ..protocol.tasks import ModelRef
from .hub import fetch
from .memory import BETWEEN, Device, Placement, free_bytes, is_out_of_memory, out_of_memory, place, precision
from .own_memory import own_memory
from .precision import run_in
from .previews import STABLE_DIFFUSION_RGB, fit_latent_rgb
from .single_file import load_single_file
from .stamps import Stamps, stamps_of

log = logging.getLogger(__name__)

STABLE_DIFFUSION_SCALE = 0.18215  # of the autoencoder that STABLE_DIFFUSION_RGB belongs to
STABLE_DIFFUSION_WIDTHS = (128, 256, 512, 512)


@dataclass(frozen=True)
class Loaded:
    """A model ready to paint. ref carries its hash. parts: text_encoder, tokenizer, unet, vae and, where the model has
    them, safety_checker and feature_extractor; the scheduler is made anew for each run from scheduler_config.
    factor: pixels per latent on each side. sampler: what "auto" means, or "auto" for the model's own. root: the
    folder or file that was loaded. stamps: what its files were like.
    """

    ref: ModelRef
    root: Path
    stamps: Stamps
    parts: dict[str, Any]
    scheduler_class: str
    scheduler_config: dict[str, Any]
    device: Device
    placement: Placement
    latent_rgb: LatentRgb
    factor: int
    sampler: str

    @property
    def unet(self) -> Any:
        return self.parts["unet"]

    @property
    def vae(self) -> Any:
        return self.parts["vae"]

    @property
    def is_inpaint_model(self) -> bool:
        return self.unet.config.in_channels == 9


class LoadProgress(Protocol):
    """Called when a load got on. fetching: it downloads."""

    def __call__(self, *, fetching: bool = False) -> None: ...


def _unwatched(*, fetching: bool = False) -> None:
    """Nobody wants to know."""


def is_current(loaded: Loaded) -> bool:
    """Whether the files are still those that were loaded."""
    return stamps_of(loaded.root) == loaded.stamps


def load(ref: ModelRef, device: Device, hash_cache: Path | None, progress: LoadProgress = _unwatched) -> Loaded:
    """The model as its files are now, whatever happens to them later.

    Raises BridgeError: model_not_found, model_unreadable (also where a file changed meanwhile), model_unsafe,
    unsupported, out_of_memory.
    """
    root = fetch(ref.path, device.half, progress) if ref.source == "hub" else Path(ref.path)
    progress()
    if not root.exists():
        raise BridgeError(
            ErrorCode.MODEL_NOT_FOUND,
            f"The model {ref.name} is not there any more. Put its files back, or choose another model.",
            str(root),
        )
    before = stamps_of(root)
    try:
        loaded = _load(ref, root, before, device, hash_cache, progress)
    except Exception as error:
        if stamps_of(root) != before:
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
    if stamps_of(root) != before:
        raise _changed(ref)
    return loaded


def _changed(ref: ModelRef) -> BridgeError:
    return BridgeError(
        ErrorCode.MODEL_UNREADABLE,
        f"The files of the model {ref.name} changed while it was being loaded. Wait until they are downloaded or "
        "copied, then try again.",
    )


def _load(
    ref: ModelRef, root: Path, stamps: Stamps, device: Device, hash_cache: Path | None, progress: LoadProgress
) -> Loaded:
    dtype, unet_dtype = precision(device)
    if ref.source == "file":
        pipeline, overrides = load_single_file(root, ref, dtype)
        weights = [root]
    else:
        overrides = read_overrides(root / FILE_NAME)
        described = read_parts(root, read_json(root / INDEX_NAME))
        variant = choose_variant(root, device.half)
        weights = weight_files(root, variant)
        for weight_file in weights:
            read_header(weight_file)
        pipeline = _load_folder(root, described, variant, dtype, unet_dtype)
    progress()
    parts = {name: part for name, part in pipeline.components.items() if part is not None and name != "scheduler"}
    _check_kind(ref, parts)
    placement = _put(pipeline, device, ref.native_side)
    own_memory((part for part in parts.values() if isinstance(part, torch.nn.Module)), progress)
    scheduler = pipeline.scheduler
    return Loaded(
        ref=ModelRef.from_json(ref.to_json() | {"hash": weights_hash(root, weights, hash_cache)}),
        root=root,
        stamps=stamps,
        parts=parts,
        scheduler_class=type(scheduler).__name__,
        scheduler_config=dict(scheduler.config),
        device=device,
        placement=placement,
        latent_rgb=_latent_rgb(parts["vae"], overrides, ref),
        factor=2 ** (len(parts["vae"].config.block_out_channels) - 1),
        sampler=overrides.sampler or "auto",
    )


def _load_folder(folder: Path, parts: Parts, variant: str | None, dtype: torch.dtype, unet_dtype: torch.dtype) -> Any:
    """The pipeline of a folder whose `parts` have been checked: nothing else of it may name what is imported."""
    left_out: dict[str, Any] = {"image_encoder": None}
    if not has_safe_weights(folder / "safety_checker"):
        left_out |= {"safety_checker": None, "feature_extractor": None}
    return StableDiffusionPipeline.from_pretrained(
        folder,
        variant=variant,
        use_safetensors=True,
        local_files_only=True,
        requires_safety_checker=False,
        dtype={"default": dtype, "unet": unet_dtype},
        **{name: value for name, value in left_out.items() if name in parts.index or name != "image_encoder"},
    )


def _check_kind(ref: ModelRef, parts: dict[str, Any]) -> None:
    """Raises BridgeError(unsupported) for a UNet that neither kind of pipeline can feed."""
    channels = parts["unet"].config.in_channels
    if channels not in (4, 9) or parts["vae"].config.latent_channels != 4:
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"The model {ref.name} takes {channels} channels, which Layerbridge cannot feed. Choose another model.",
        )


def _put(pipeline: Any, device: Device, native_side: int) -> Placement:
    """Bring the parts to the device."""
    modules = {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}
    sizes = {name: sum(tensor.numel() for tensor in part.parameters()) for name, part in modules.items()}
    placement = place(device, sum(sizes.values()), max(sizes.values()), native_side, free_bytes(device))
    log.info("%s parameters on %s as %s", f"{sum(sizes.values()):,}", device.name, placement)
    for part in modules.values():
        part.eval().requires_grad_(False)
    if placement.unet_dtype != BETWEEN:
        run_in(modules["unet"], placement.unet_dtype, BETWEEN)
    if placement.attention_slicing:
        pipeline.enable_attention_slicing()
    if placement.vae_tiling:
        pipeline.vae.enable_tiling()
    if placement.offload == "none":
        for part in modules.values():
            part.to(device.torch)
    return placement


def offload(pipeline: Any, loaded: Loaded) -> None:
    """Let a pipeline that was just made from the parts move them as the placement says."""
    enable: dict[str, Callable[..., None]] = {
        "model": pipeline.enable_model_cpu_offload,
        "layers": pipeline.enable_sequential_cpu_offload,
    }
    if chosen := enable.get(loaded.placement.offload):
        chosen(device=loaded.device.torch)


def _latent_rgb(vae: Any, overrides: Overrides, ref: ModelRef) -> LatentRgb:
    """The preview's map: the model's own, the well-known one of Stable Diffusion's autoencoder, or a fitted one."""
    channels = vae.config.latent_channels
    if overrides.latent_rgb is not None and len(overrides.latent_rgb) == channels + 1:
        return overrides.latent_rgb
    widths = tuple(vae.config.block_out_channels)
    if widths == STABLE_DIFFUSION_WIDTHS and abs(vae.config.scaling_factor - STABLE_DIFFUSION_SCALE) < 1e-4:
        return STABLE_DIFFUSION_RGB
    return fit_latent_rgb(vae, min(128, ref.native_side))

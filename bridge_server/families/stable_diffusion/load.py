"""Loads Stable Diffusion 1 and 2 from a folder or a single file into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from ...errors import BridgeError, ErrorCode
from ...models.folders import choose_variant, has_safe_weights, weight_files, weighted
from ...models.hashes import combined
from ...models.header import read_header
from ...models.overrides import FILE_NAME, LatentRgb, Overrides, read_sidecar
from ...models.parts import INDEX_NAME, Parts, read_parts
from ...models.reading import read_json
from ...pipelines.family import Loaded, LoadOrder
from ...pipelines.loader import lay_out
from ...pipelines.memory import Placement, precision
from ...pipelines.own_memory import own_memory
from ...pipelines.previews import fit_latent_rgb
from ...protocol.tasks import ModelRef
from .shared import of_folder
from .single_file import load_single_file

SCALE_TOLERANCE = 1e-4  # of the autoencoder that a published preview map belongs to


@dataclass(frozen=True)
class StableDiffusion(Loaded):
    """parts: text_encoder, tokenizer, unet, vae and, where the model has them, safety_checker and feature_extractor;
    the scheduler is made anew for each run from scheduler_config. factor: pixels per latent on each side. sampler: what
    "auto" means, or "auto" for the model's own.
    """

    scheduler_class: str
    scheduler_config: dict[str, Any]
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


def load(order: LoadOrder) -> StableDiffusion:
    """See pipelines.family.FamilyModel."""
    ref, root, device = order.ref, order.root, order.device
    dtype, unet_dtype = precision(device)
    if ref.source == "file":
        pipeline, overrides, shared = load_single_file(order, dtype)
        weights = [root]
    else:
        components = order.spec.components
        overrides = read_sidecar(root / FILE_NAME).overrides(order.spec)
        described = read_parts(root, read_json(root / INDEX_NAME), components)
        variant = choose_variant(root, device.half, order.spec.denoiser)
        weights = weight_files(root, variant, components)
        for weight_file in weights:
            read_header(weight_file)
        with_checker = [*weighted(components), *(["safety_checker"] if has_safety_checker(root, described) else [])]
        shared = of_folder(order, variant, with_checker)
        order.progress()
        pipeline = _load_folder(root, described, variant, {"default": dtype, "unet": unet_dtype}, shared.ready)
    order.progress()
    parts = {name: part for name, part in pipeline.components.items() if part is not None and name != "scheduler"}
    _check_kind(ref, parts)
    placement = lay_out(pipeline, order.spec, device, ref.native_resolution, shared.ready)
    fresh = (part for name, part in parts.items() if name not in shared.ready)
    own_memory((part for part in fresh if isinstance(part, torch.nn.Module)), order.progress)
    shared.keep(order, parts, is_on_device=placement.offload == "none")
    scheduler = pipeline.scheduler
    weights_hash = combined(root, {file: shared.digests[file] for file in weights})
    return StableDiffusion(
        ref=ModelRef.from_json(ref.to_json() | {"hash": weights_hash}),
        spec=order.spec,
        root=root,
        stamps=order.stamps,
        parts=parts,
        device=device,
        scheduler_class=type(scheduler).__name__,
        scheduler_config=dict(scheduler.config),
        placement=placement,
        latent_rgb=_latent_rgb(parts["vae"], overrides, order),
        factor=2 ** (len(parts["vae"].config.block_out_channels) - 1),
        sampler=overrides.sampler or "auto",
    )


def has_safety_checker(folder: Path, parts: Parts) -> bool:
    return any(parts.index.get("safety_checker") or ()) and has_safe_weights(folder / "safety_checker")


def _load_folder(
    folder: Path, parts: Parts, variant: str | None, dtypes: dict[str, torch.dtype], ready: Mapping[str, Any]
) -> Any:
    """The pipeline of a folder whose `parts` have been checked: nothing else of it may name what is imported. ready:
    components that need not be loaded.
    """
    left_out: dict[str, Any] = {"image_encoder": None}
    if not has_safe_weights(folder / "safety_checker"):
        left_out |= {"safety_checker": None, "feature_extractor": None}
    return StableDiffusionPipeline.from_pretrained(
        folder,
        variant=variant,
        use_safetensors=True,
        local_files_only=True,
        requires_safety_checker=False,
        dtype=dtypes,
        **{name: value for name, value in left_out.items() if name in parts.index or name != "image_encoder"},
        **ready,
    )


def _check_kind(ref: ModelRef, parts: dict[str, Any]) -> None:
    """Raises BridgeError(unsupported) for a UNet that neither kind of pipeline can feed."""
    channels = parts["unet"].config.in_channels
    if channels not in (4, 9) or parts["vae"].config.latent_channels != 4:
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"The model {ref.name} takes {channels} channels, which Layerbridge cannot feed. Choose another model.",
        )


def _latent_rgb(vae: Any, overrides: Overrides, order: LoadOrder) -> LatentRgb:
    """The preview's map: the model's own, its family's where that is for this autoencoder, or a fitted one."""
    channels, known = vae.config.latent_channels, order.spec.preview
    if overrides.latent_rgb is not None and len(overrides.latent_rgb) == channels + 1:
        return overrides.latent_rgb
    widths, scale = tuple(vae.config.block_out_channels), vae.config.scaling_factor
    if known and widths == known.widths and abs(scale - known.scaling_factor) < SCALE_TOLERANCE:
        return known.latent_rgb
    return fit_latent_rgb(vae, min(128, order.ref.native_resolution))

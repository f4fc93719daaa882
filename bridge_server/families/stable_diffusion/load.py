"""Loads Stable Diffusion 1 and 2 from a folder or a single file into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from .shared import Shared, of_folder
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


@dataclass(frozen=True)
class Opened:
    """A model that was read. pipeline: of diffusers, with its parts. weights: the files that were read."""

    pipeline: Any
    overrides: Overrides
    shared: Shared
    weights: Sequence[Path]


def load(order: LoadOrder) -> StableDiffusion:
    """See pipelines.family.FamilyModel."""
    if order.ref.source == "file":
        opened = load_single_file(order, precision(order.device)[0])
        return finished(order, Opened(*opened, [order.root]))
    return finished(order, open_folder(order, StableDiffusionPipeline, _options))


def open_folder(order: LoadOrder, kind: Any, options: Callable[[Path, Parts], Mapping[str, Any]]) -> Opened:
    """kind: of pipeline. options: of it, for a folder whose parts were checked; None for a part leaves it out.

    Raises BridgeError, or what libraries raise.
    """
    root, device, components = order.root, order.device, order.spec.components
    dtype, denoiser_dtype = precision(device)
    overrides = read_sidecar(root / FILE_NAME).overrides(order.spec)
    described = read_parts(root, read_json(root / INDEX_NAME), components)
    variant = choose_variant(root, device.half, order.spec.denoiser)
    weights = weight_files(root, variant, components)
    for weight_file in weights:
        read_header(weight_file)
    checker = ["safety_checker"] if has_safety_checker(root, described) else []
    shared = of_folder(order, variant, [*weighted(components), *checker])
    order.progress()
    pipeline = kind.from_pretrained(
        root,
        variant=variant,
        use_safetensors=True,
        local_files_only=True,
        dtype={"default": dtype, order.spec.denoiser: denoiser_dtype},
        **options(root, described),
        **shared.ready,
    )
    return Opened(pipeline, overrides, shared, weights)


def finished(order: LoadOrder, opened: Opened) -> StableDiffusion:
    """The model on its device."""
    ref, pipeline, shared = order.ref, opened.pipeline, opened.shared
    order.progress()
    parts = {name: part for name, part in pipeline.components.items() if part is not None and name != "scheduler"}
    _check_kind(ref, parts)
    placement = lay_out(pipeline, order.spec, order.device, ref.native_resolution, shared.ready)
    fresh = (part for name, part in parts.items() if name not in shared.ready)
    own_memory((part for part in fresh if isinstance(part, torch.nn.Module)), order.progress)
    shared.keep(order, parts, is_on_device=placement.offload == "none")
    weights_hash = combined(order.root, {file: shared.digests[file] for file in opened.weights})
    return StableDiffusion(
        ref=ModelRef.from_json(ref.to_json() | {"hash": weights_hash}),
        spec=order.spec,
        root=order.root,
        stamps=order.stamps,
        parts=parts,
        device=order.device,
        scheduler_class=type(pipeline.scheduler).__name__,
        scheduler_config=dict(pipeline.scheduler.config),
        placement=placement,
        latent_rgb=_latent_rgb(parts["vae"], opened.overrides, order),
        factor=2 ** (len(parts["vae"].config.block_out_channels) - 1),
        sampler=opened.overrides.sampler or "auto",
    )


def has_safety_checker(folder: Path, parts: Parts) -> bool:
    return any(parts.index.get("safety_checker") or ()) and has_safe_weights(folder / "safety_checker")


def _options(folder: Path, parts: Parts) -> Mapping[str, Any]:
    left_out: dict[str, Any] = {"image_encoder": None} if "image_encoder" in parts.index else {}
    if not has_safe_weights(folder / "safety_checker"):
        left_out |= {"safety_checker": None, "feature_extractor": None}
    return {"requires_safety_checker": False, **left_out}


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

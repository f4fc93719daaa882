"""Loads Stable Diffusion 1 and 2 from a folder or a single file into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from ...errors import BridgeError, ErrorCode
from ...models.folders import has_safe_weights
from ...models.overrides import LatentRgb
from ...models.parts import Parts
from ...pipelines.family import Loaded, LoadOrder
from ...pipelines.memory import Placement
from ...pipelines.opening import Opened, open_folder, settle
from ...pipelines.previews import map_of
from ...protocol.tasks import ModelRef
from .single_file import load_single_file


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
    if order.ref.source == "file":
        opened = load_single_file(order, order.precision[0])
        return finished(order, Opened(*opened, [order.root]))
    return finished(order, open_folder(order, StableDiffusionPipeline, _options, checker_of))


def finished(order: LoadOrder, opened: Opened) -> StableDiffusion:
    """The model on its device."""
    order.progress()
    pipeline, parts = opened.pipeline, opened.parts
    _check_kind(order.ref, parts)
    settled = settle(order, opened)
    vae, own, published = parts["vae"], opened.overrides.latent_rgb, order.spec.preview
    return StableDiffusion(
        ref=settled.ref,
        spec=order.spec,
        root=order.root,
        stamps=order.stamps,
        parts=parts,
        device=order.device,
        scheduler_class=type(pipeline.scheduler).__name__,
        scheduler_config=dict(pipeline.scheduler.config),
        placement=settled.placement,
        latent_rgb=map_of(vae, own, published, order.ref.native_resolution),
        factor=2 ** (len(vae.config.block_out_channels) - 1),
        sampler=opened.overrides.sampler or "auto",
    )


def checker_of(folder: Path, parts: Parts) -> Sequence[str]:
    """The name of the safety checker, where the folder has one."""
    has_one = any(parts.index.get("safety_checker") or ()) and has_safe_weights(folder / "safety_checker")
    return ("safety_checker",) if has_one else ()


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

"""Loads Z-Image into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from ...models.checkpoints import sidecar
from ...models.overrides import FILE_NAME, LatentRgb, read_sidecar
from ...pipelines.family import Loaded, LoadOrder
from ...pipelines.memory import Placement
from ...pipelines.opening import open_model, settle
from ...pipelines.part_sources import FLUX_VAE, QWEN3
from ...pipelines.previews import map_of
from ..base import FamilySpec
from .single_file import transformer
from .spec import SHIFTS

SOURCES = {"text_encoder": QWEN3, "vae": FLUX_VAE}


@dataclass(frozen=True)
class ZImage(Loaded):
    """parts: text_encoder, tokenizer, transformer, vae. factor: pixels to a latent value, on each side. sampler: what
    "auto" means, or "auto" for the model's own. normalization, truncation: cfg_normalization and cfg_truncation of
    diffusers' pipeline, 0..10 and 0..1: how much longer an answer with guidance may be than that to the prompt, 0 for
    as long as it comes out; and how far into the schedule there is guidance.
    """

    scheduler_class: str
    scheduler_config: dict[str, Any]
    placement: Placement
    latent_rgb: LatentRgb
    factor: int
    sampler: str
    normalization: float
    truncation: float

    @property
    def vae(self) -> Any:
        return self.parts["vae"]

    @property
    def is_distilled(self) -> bool:
        """Whether it paints without guidance, and reads no negative prompt."""
        return self.spec.guidance == "none"


def load(order: LoadOrder) -> ZImage:
    """See pipelines.family.FamilyModel. A single file has the shift of its family: its folder may be the other's."""
    is_file = order.ref.source == "file"
    settings = read_sidecar(sidecar(order.root) if is_file else order.root / FILE_NAME).values
    opened = open_model(order, ZImagePipeline, SOURCES, transformer, partial(_together, order.spec))
    order.progress()
    vae, scheduler = opened.parts["vae"], opened.pipeline.scheduler
    told = {name: value for name, value in scheduler.config.items() if name != "_use_default_values"}
    settled = settle(order, opened)
    return ZImage(
        ref=settled.ref,
        spec=order.spec,
        root=order.root,
        stamps=order.stamps,
        parts=opened.parts,
        device=order.device,
        scheduler_class=type(scheduler).__name__,
        scheduler_config=told | ({"shift": SHIFTS[order.spec.key]} if is_file else {}),
        placement=settled.placement,
        latent_rgb=map_of(vae, opened.overrides.latent_rgb, order.spec.preview, order.ref.native_resolution),
        factor=2 ** (len(vae.config.block_out_channels) - 1),
        sampler=opened.overrides.sampler or "auto",
        normalization=float(settings.get("cfg_normalization", 0.0)),
        truncation=float(settings.get("cfg_truncation", 1.0)),
    )


def _together(spec: FamilySpec, parts: Mapping[str, Any]) -> ZImagePipeline:
    return ZImagePipeline(**parts, scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFTS[spec.key]))

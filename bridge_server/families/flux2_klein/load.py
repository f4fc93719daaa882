"""Loads FLUX.2 Klein into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from ...models.overrides import LatentRgb
from ...pipelines.family import Loaded, LoadOrder
from ...pipelines.memory import Placement
from ...pipelines.opening import open_model, settle
from ...pipelines.part_sources import FLUX2_VAE, QWEN3
from ...pipelines.previews import map_of
from ..base import FamilySpec
from .single_file import SCHEDULER, transformer

SOURCES = {"text_encoder": QWEN3, "vae": FLUX2_VAE}


@dataclass(frozen=True)
class Klein(Loaded):
    """parts: text_encoder, tokenizer, transformer, vae. mean, deviation: of the latents of 2x2 patches, by which they
    are normalised, (1, channels, 1, 1) float32 on the device. factor: pixels to a patch, on each side. sampler: what
    "auto" means, or "auto" for the model's own.
    """

    scheduler_class: str
    scheduler_config: dict[str, Any]
    placement: Placement
    latent_rgb: LatentRgb
    mean: torch.Tensor
    deviation: torch.Tensor
    factor: int
    sampler: str

    @property
    def vae(self) -> Any:
        return self.parts["vae"]

    @property
    def is_distilled(self) -> bool:
        """Whether it paints without guidance, and reads no negative prompt."""
        return self.spec.guidance == "none"


def load(order: LoadOrder) -> Klein:
    """See pipelines.family.FamilyModel."""
    opened = open_model(order, Flux2KleinPipeline, SOURCES, transformer, partial(_together, order.spec))
    order.progress()
    vae, scheduler = opened.parts["vae"], opened.pipeline.scheduler
    mean = vae.bn.running_mean.float().view(1, -1, 1, 1)
    deviation = (vae.bn.running_var.float().view(1, -1, 1, 1) + vae.config.batch_norm_eps).sqrt()
    settled = settle(order, opened)
    return Klein(
        ref=settled.ref,
        spec=order.spec,
        root=order.root,
        stamps=order.stamps,
        parts=opened.parts,
        device=order.device,
        scheduler_class=type(scheduler).__name__,
        scheduler_config=dict(scheduler.config),
        placement=settled.placement,
        latent_rgb=map_of(vae, opened.overrides.latent_rgb, order.spec.preview, order.ref.native_resolution),
        mean=mean.to(order.device.torch),
        deviation=deviation.to(order.device.torch),
        factor=2 ** len(vae.config.block_out_channels),
        sampler=opened.overrides.sampler or "auto",
    )


def _together(spec: FamilySpec, parts: Mapping[str, Any]) -> Flux2KleinPipeline:
    scheduler = FlowMatchEulerDiscreteScheduler(**SCHEDULER)
    return Flux2KleinPipeline(**parts, scheduler=scheduler, is_distilled=spec.guidance == "none")

"""Loads Chroma into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from diffusers.pipelines.chroma.pipeline_chroma import ChromaPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from ...models.overrides import LatentRgb
from ...pipelines.family import Loaded, LoadOrder
from ...pipelines.memory import Placement
from ...pipelines.opening import open_model, settle
from ...pipelines.part_sources import FLUX_VAE
from ...pipelines.previews import map_of
from ...pipelines.text_sources import T5
from ..base import FamilySpec
from .single_file import transformer
from .spec import SCHEDULERS

SOURCES = {"text_encoder": T5, "vae": FLUX_VAE}


@dataclass(frozen=True)
class Chroma(Loaded):
    """parts: text_encoder, tokenizer, transformer, vae. factor: pixels to a value of the autoencoder, on each side.
    sampler: what "auto" means, or "auto" for the model's own.
    """

    scheduler_class: str
    scheduler_config: dict[str, Any]
    placement: Placement
    latent_rgb: LatentRgb
    factor: int
    sampler: str

    @property
    def vae(self) -> Any:
        return self.parts["vae"]

    @property
    def is_distilled(self) -> bool:
        """Whether it paints without guidance, and reads no negative prompt."""
        return self.spec.guidance == "none"


def load(order: LoadOrder) -> Chroma:
    """See pipelines.family.FamilyModel. A single file has the schedule of its family: its folder may be another's."""
    opened = open_model(order, ChromaPipeline, SOURCES, transformer, partial(_together, order.spec))
    order.progress()
    vae, scheduler = opened.parts["vae"], opened.pipeline.scheduler
    if order.ref.source == "file":
        scheduler = _scheduler(order.spec)
    settled = settle(order, opened)
    return Chroma(
        ref=settled.ref,
        spec=order.spec,
        root=order.root,
        stamps=order.stamps,
        parts=opened.parts,
        device=order.device,
        scheduler_class=type(scheduler).__name__,
        scheduler_config={name: value for name, value in scheduler.config.items() if name != "_use_default_values"},
        placement=settled.placement,
        latent_rgb=map_of(vae, opened.overrides.latent_rgb, order.spec.preview, order.ref.native_resolution),
        factor=2 ** (len(vae.config.block_out_channels) - 1),
        sampler=opened.overrides.sampler or "auto",
    )


def _scheduler(spec: FamilySpec) -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(**SCHEDULERS[spec.key])


def _together(spec: FamilySpec, parts: Mapping[str, Any]) -> ChromaPipeline:
    return ChromaPipeline(**parts, scheduler=_scheduler(spec))

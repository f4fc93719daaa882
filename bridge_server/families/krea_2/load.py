"""Loads Krea 2 into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from diffusers.pipelines.krea2.pipeline_krea2 import Krea2Pipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from ...models.overrides import LatentRgb
from ...pipelines.family import Loaded, LoadOrder
from ...pipelines.memory import Placement
from ...pipelines.opening import open_model, settle
from ...pipelines.part_sources import QWEN3_VL_TEXT, QWEN_VAE
from ...pipelines.previews import map_of
from ..base import FamilySpec
from .single_file import transformer
from .spec import LAYERS_READ, SCHEDULER

SOURCES = {"text_encoder": QWEN3_VL_TEXT, "vae": QWEN_VAE}


@dataclass(frozen=True)
class Krea2(Loaded):
    """parts: text_encoder, tokenizer, transformer, vae. factor: pixels to a value of the autoencoder, on each side.
    sampler: what "auto" means, or "auto" for the model's own. layers_read: of the text encoder's answers.
    """

    scheduler_class: str
    scheduler_config: dict[str, Any]
    placement: Placement
    latent_rgb: LatentRgb
    factor: int
    sampler: str
    layers_read: tuple[int, ...]

    @property
    def vae(self) -> Any:
        return self.parts["vae"]

    @property
    def is_distilled(self) -> bool:
        """Whether it paints without guidance, on a schedule that is the same for every size."""
        return is_distilled(self.spec)


def is_distilled(spec: FamilySpec) -> bool:
    return spec.guidance == "none"


def load(order: LoadOrder) -> Krea2:
    """See pipelines.family.FamilyModel."""
    opened = open_model(order, Krea2Pipeline, SOURCES, transformer, partial(_together, order.spec))
    order.progress()
    vae, scheduler = opened.parts["vae"], opened.pipeline.scheduler
    settled = settle(order, opened)
    return Krea2(
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
        factor=2 ** len(vae.config.temperal_downsample),
        sampler=opened.overrides.sampler or "auto",
        layers_read=opened.pipeline.text_encoder_select_layers,
    )


def _together(spec: FamilySpec, parts: Mapping[str, Any]) -> Krea2Pipeline:
    scheduler = FlowMatchEulerDiscreteScheduler(**SCHEDULER)
    return Krea2Pipeline(
        **parts, scheduler=scheduler, text_encoder_select_layers=LAYERS_READ, is_distilled=is_distilled(spec)
    )

"""Loads Qwen-Image into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from ...models.overrides import LatentRgb
from ...pipelines.family import Loaded, LoadOrder
from ...pipelines.memory import Placement
from ...pipelines.opening import open_model, settle
from ...pipelines.previews import map_of
from .detect import is_lightning
from .parts import SOURCES
from .single_file import SCHEDULER, transformer
from .spec import LIGHTNING


@dataclass(frozen=True)
class QwenImage(Loaded):
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


def load(order: LoadOrder) -> QwenImage:
    """See pipelines.family.FamilyModel."""
    opened = open_model(order, QwenImagePipeline, SOURCES, partial(transformer, order.root), _together)
    order.progress()
    vae, scheduler = opened.parts["vae"], opened.pipeline.scheduler
    settled = settle(order, opened)
    by_lightning = LIGHTNING in order.spec.samplers and is_lightning(order.root)
    return QwenImage(
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
        sampler=opened.overrides.sampler or (LIGHTNING if by_lightning else "auto"),
    )


def _together(parts: Mapping[str, Any]) -> QwenImagePipeline:
    return QwenImagePipeline(**parts, scheduler=FlowMatchEulerDiscreteScheduler(**SCHEDULER))

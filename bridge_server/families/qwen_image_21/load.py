"""Loads Qwen-Image 2.1 into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from transformers import Qwen2Tokenizer

from ...models.parts import Parts
from ...pipelines.family import LoadOrder
from ...pipelines.opening import open_model, settle
from ...pipelines.part_sources import QWEN3_VL, QWEN21_VAE
from ...pipelines.previews import map_of
from ..base import FamilySpec
from ..qwen_image.load import QwenImage
from . import noise_levels
from .embedded import TextToImage
from .noise_levels import Levels, levels_of
from .single_file import transformer
from .spec import SCHEDULER, TURBO, TURBO_SCHEDULER

SOURCES = {"text_encoder": QWEN3_VL, "vae": QWEN21_VAE}


@dataclass(frozen=True)
class Qwen21(QwenImage):
    """levels: of noise, that a distilled model was trained at; None: its scheduler spaces them."""

    levels: Levels | None


def load(order: LoadOrder) -> Qwen21:
    """See pipelines.family.FamilyModel."""
    is_turbo, is_file = order.spec.key == TURBO.key, order.ref.source == "file"
    opened = open_model(order, TextToImage, SOURCES, transformer, partial(_together, order.spec), _tokenizer)
    order.progress()
    vae, scheduler = opened.parts["vae"], opened.pipeline.scheduler
    told = noise_levels.TURBO if is_file else levels_of(order.root, opened.pipeline.config.sample_sigmas)
    settled = settle(order, opened)
    return Qwen21(
        ref=settled.ref,
        spec=order.spec,
        root=order.root,
        stamps=order.stamps,
        parts=opened.parts,
        device=order.device,
        scheduler_class=type(scheduler).__name__,
        scheduler_config={**scheduler.config, **(TURBO_SCHEDULER if is_turbo and is_file else {})},
        placement=settled.placement,
        latent_rgb=map_of(vae, opened.overrides.latent_rgb, order.spec.preview, order.ref.native_resolution),
        factor=opened.pipeline.vae_scale_factor,
        sampler=opened.overrides.sampler or "auto",
        levels=told if is_turbo else None,
    )


def _tokenizer(folder: Path, _parts: Parts) -> dict[str, Any]:
    return {"tokenizer": Qwen2Tokenizer.from_pretrained(folder / "processor", local_files_only=True)}


def _together(spec: FamilySpec, parts: Mapping[str, Any]) -> TextToImage:
    scheduler = FlowMatchEulerDiscreteScheduler(**(TURBO_SCHEDULER if spec.key == TURBO.key else SCHEDULER))
    return TextToImage(**parts, scheduler=scheduler)

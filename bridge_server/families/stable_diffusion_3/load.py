"""Loads Stable Diffusion 3 into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusers.pipelines.stable_diffusion_3.pipeline_stable_diffusion_3 import StableDiffusion3Pipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from ...models.overrides import LatentRgb
from ...models.parts import Parts
from ...pipelines.family import Loaded, LoadOrder
from ...pipelines.memory import Placement
from ...pipelines.opening import open_model, settle
from ...pipelines.previews import map_of
from ..stable_diffusion.single_file import clip_tokenizer
from .single_file import SOURCES, transformer
from .spec import SHIFT

PADDING = {"tokenizer": "<|endoftext|>", "tokenizer_2": "!"}  # what each CLIP was trained to see after a prompt
WITHOUT = ("text_encoder_3", "tokenizer_3", "image_encoder", "feature_extractor")


@dataclass(frozen=True)
class StableDiffusion3(Loaded):
    """parts: text_encoder, tokenizer, text_encoder_2, tokenizer_2, transformer, vae; text_encoder_3 and tokenizer_3
    where the model has T5. factor: pixels to a value of the autoencoder, on each side. sampler: what "auto" means, or
    "auto" for the model's own.
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


def load(order: LoadOrder) -> StableDiffusion3:
    """See pipelines.family.FamilyModel. T5 is read where its tokenizer is there: no file has one."""
    reads_t5 = "tokenizer_3" in order.ref.parts
    sources = {name: source for name, source in SOURCES.items() if name != "text_encoder_3" or reads_t5}
    opened = open_model(order, StableDiffusion3Pipeline, sources, transformer, _together, _options)
    order.progress()
    vae, scheduler = opened.parts["vae"], opened.pipeline.scheduler
    settled = settle(order, opened)
    return StableDiffusion3(
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


def _options(_folder: Path, parts: Parts) -> Mapping[str, Any]:
    absent = {name: None for name in WITHOUT[:2] if parts.index.get(name) in (None, [None, None])}
    return {**absent, **dict.fromkeys(WITHOUT[2:])}


def _together(parts: Mapping[str, Any]) -> StableDiffusion3Pipeline:
    given: dict[str, Any] = {name: clip_tokenizer(padding) for name, padding in PADDING.items()}
    absent: dict[str, Any] = {name: None for name in WITHOUT if name not in parts}
    return StableDiffusion3Pipeline(
        **{**given, **absent, **parts}, scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT)
    )

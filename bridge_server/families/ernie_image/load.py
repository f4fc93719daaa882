"""Loads ERNIE-Image into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffusers.pipelines.ernie_image.pipeline_ernie_image import ErnieImagePipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from ...models.parts import Parts
from ...pipelines.family import LoadOrder
from ...pipelines.opening import open_model, settle
from ...pipelines.part_sources import FLUX2_VAE, MISTRAL3_TEXT
from ...pipelines.previews import map_of
from ..flux2_klein.load import Klein
from .single_file import transformer
from .spec import SCHEDULER

SOURCES = {"text_encoder": MISTRAL3_TEXT, "vae": FLUX2_VAE}
EPSILON = 1e-5  # of the latents' deviation, as diffusers' pipeline; the autoencoder's configuration tells another


def load(order: LoadOrder) -> Klein:
    """See pipelines.family.FamilyModel. Its latents are held as FLUX.2 Klein's."""
    opened = open_model(order, ErnieImagePipeline, SOURCES, transformer, _together, _without_enhancer)
    order.progress()
    vae, scheduler = opened.parts["vae"], opened.pipeline.scheduler
    mean, variance = (values.float().view(1, -1, 1, 1) for values in (vae.bn.running_mean, vae.bn.running_var))
    settled = settle(order, opened)
    return Klein(
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
        mean=mean.to(order.device.torch),
        deviation=(variance + EPSILON).sqrt().to(order.device.torch),
        factor=2 ** len(vae.config.block_out_channels),
        sampler=opened.overrides.sampler or "auto",
    )


def _without_enhancer(_folder: Path, _parts: Parts) -> Mapping[str, Any]:
    return {"pe": None, "pe_tokenizer": None}


def _together(parts: Mapping[str, Any]) -> ErnieImagePipeline:
    return ErnieImagePipeline(**parts, scheduler=FlowMatchEulerDiscreteScheduler(**SCHEDULER))

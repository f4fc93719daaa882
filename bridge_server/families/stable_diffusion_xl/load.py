"""Loads Stable Diffusion XL from a folder or a single file into parts that pipelines are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl_img2img import (
    StableDiffusionXLImg2ImgPipeline,
)

from ...errors import BridgeError, ErrorCode
from ...models.checkpoints import sidecar
from ...models.header import read_header
from ...models.overrides import FILE_NAME, read_sidecar
from ...models.parts import INDEX_NAME, Parts, read_parts
from ...models.reading import read_json
from ...pipelines.family import LoadOrder
from ...pipelines.opening import Opened, open_folder
from ..base import Checkpoint, Folder
from ..stable_diffusion.load import StableDiffusion, finished
from .single_file import load_single_file
from .spec import REFINER
from .variants import Variant, scheduling, variant_of_file, variant_of_folder


@dataclass(frozen=True)
class StableDiffusionXL(StableDiffusion):
    """parts: also text_encoder_2 and tokenizer_2. zeros_for_empty: an empty negative prompt is zeros, not the text
    encoders' answer to it. clip_skip: layers of the text encoders that are left out beside their last, which always is.
    guidance_rescale: https://arxiv.org/abs/2305.08891, section 3.4, 0..1. A refiner has the second text encoder alone.
    """

    zeros_for_empty: bool
    clip_skip: int
    guidance_rescale: float

    @property
    def reads_guidance(self) -> bool:
        """Whether the UNet is told the guidance, as a distilled one is, instead of being asked twice."""
        return self.unet.config.time_cond_proj_dim is not None


def load(order: LoadOrder) -> StableDiffusionXL:
    """See pipelines.family.FamilyModel."""
    is_file = order.ref.source == "file"
    settings = read_sidecar(sidecar(order.root) if is_file else order.root / FILE_NAME).values
    kind = StableDiffusionXLImg2ImgPipeline if order.spec.key == REFINER.key else StableDiffusionXLPipeline
    if is_file:
        opened = Opened(*load_single_file(order, order.precision[0]), [order.root])
    else:
        opened = open_folder(order, kind, _options)
    pipeline = opened.pipeline
    if pipeline.vae.config.force_upcast and pipeline.vae.dtype != torch.float32:
        pipeline.vae.to(torch.float32)  # its numbers run over in half precision
    loaded = finished(order, opened)
    chosen = scheduling(_variant(order, settings), loaded.scheduler_config, loaded.scheduler_class)
    own = {
        "scheduler_class": chosen.name or loaded.scheduler_class,
        "scheduler_config": {**loaded.scheduler_config, **chosen.values},
        "zeros_for_empty": bool(pipeline.config.force_zeros_for_empty_prompt),
        "clip_skip": _clip_skip(order, pipeline, settings.get("clip_skip", 0)),
        "guidance_rescale": float(settings.get("guidance_rescale", 0.0)),
    }
    return StableDiffusionXL(**(vars(loaded) | own))


def _variant(order: LoadOrder, settings: Mapping[str, Any]) -> Variant:
    """Of the files as they are now, with what their owner says."""
    root, told = order.root, settings.get("family")
    if order.ref.source == "file":
        header = read_header(root).header
        variant = variant_of_file(Checkpoint(root, header.shapes, header.metadata, told))
    else:
        parts = read_parts(root, read_json(root / INDEX_NAME), order.spec.components)
        variant = variant_of_folder(Folder(root, "", parts.configs, told))
    zero = bool(settings.get("zero_terminal_snr", variant.zero_snr))
    return replace(variant, key=order.spec.key, zero_snr=zero)


def _options(folder: Path, parts: Parts) -> Mapping[str, Any]:
    absent = {name: None for name in ("image_encoder", "feature_extractor") if name in parts.index}
    first = {name: None for name in ("text_encoder", "tokenizer") if parts.index.get(name) == [None, None]}
    return {"add_watermarker": False, **absent, **first}


def _clip_skip(order: LoadOrder, pipeline: Any, skipped: int) -> int:
    parts = [part for part in (pipeline.text_encoder, pipeline.text_encoder_2) if part is not None]
    layers = min(part.config.num_hidden_layers for part in parts)
    if skipped > layers - 1:
        raise BridgeError(
            ErrorCode.MODEL_UNREADABLE,
            f"The settings of {order.ref.name} leave out {skipped} layers of its text encoders (clip_skip); "
            f"{layers - 1} is the most that they can do without.",
        )
    return skipped

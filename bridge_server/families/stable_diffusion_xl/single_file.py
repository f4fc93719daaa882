"""Loads a single .safetensors checkpoint with configurations and tokenizers from this package: no hub is asked."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl_img2img import (
    StableDiffusionXLImg2ImgPipeline,
)

from ...models.overrides import Overrides
from ...pipelines.family import LoadOrder
from ...pipelines.shared import Shared
from ..stable_diffusion.single_file import Configuration, configured, look, read_tokenizer
from .spec import REFINER

PARTS = ("unet", "vae", "text_encoder", "text_encoder_2")
PADDING = {"tokenizer": "<|endoftext|>", "tokenizer_2": "!"}  # what each text encoder was trained to see after a prompt


def load_single_file(order: LoadOrder, dtype: torch.dtype) -> tuple[Any, Overrides, Shared]:
    """As families.stable_diffusion.single_file.load_single_file."""
    is_refiner = order.spec.key == REFINER.key
    kind: Any = StableDiffusionXLImg2ImgPipeline if is_refiner else StableDiffusionXLPipeline
    overrides, shared = look(order, [part for part in PARTS if not (is_refiner and part == "text_encoder")])
    channels = 9 if order.ref.inpaint_model else 4
    own = Configuration("sdxl", {"unet/config.json": {"in_channels": channels}})
    if is_refiner:
        own = Configuration("sdxl-refiner", {})
    tokenizers = {name: padding for name, padding in PADDING.items() if not (is_refiner and name == "tokenizer")}
    absent: dict[str, Any] = {"text_encoder": None, "tokenizer": None} if is_refiner else {}
    with configured(order, overrides, own) as config:
        pipeline = kind.from_single_file(
            str(order.root),
            config=str(config),
            local_files_only=True,
            torch_dtype=dtype,
            add_watermarker=False,
            **({} if is_refiner else {"image_encoder": None, "feature_extractor": None}),
            **{name: read_tokenizer(config, overrides, name, padding) for name, padding in tokenizers.items()},
            **absent,
            **shared.ready,
        )
    return pipeline, overrides, shared

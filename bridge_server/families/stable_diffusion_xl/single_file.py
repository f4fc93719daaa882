"""Loads a single .safetensors checkpoint with configurations and tokenizers from this package: no hub is asked."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline

from ...models.overrides import Overrides
from ...pipelines.family import LoadOrder
from ...pipelines.shared import Shared
from ..stable_diffusion.single_file import Configuration, configured, look, read_tokenizer

PARTS = ("unet", "vae", "text_encoder", "text_encoder_2")
PADDING = {"tokenizer": "<|endoftext|>", "tokenizer_2": "!"}  # what each text encoder was trained to see after a prompt


def load_single_file(order: LoadOrder, dtype: torch.dtype) -> tuple[Any, Overrides, Shared]:
    """As families.stable_diffusion.single_file.load_single_file."""
    overrides, shared = look(order, PARTS)
    channels = 9 if order.ref.inpaint_model else 4
    own = Configuration("sdxl", {"unet/config.json": {"in_channels": channels}})
    with configured(order, overrides, own) as config:
        pipeline = StableDiffusionXLPipeline.from_single_file(
            str(order.root),
            config=str(config),
            local_files_only=True,
            torch_dtype=dtype,
            add_watermarker=False,
            image_encoder=None,
            feature_extractor=None,
            **{name: read_tokenizer(config, overrides, name, padding) for name, padding in PADDING.items()},
            **shared.ready,
        )
    return pipeline, overrides, shared

"""diffusers' pipeline of Qwen-Image 2.1, for prompts that have been read and pictures that have been encoded."""

from __future__ import annotations

from typing import Any

from diffusers.models.autoencoders.autoencoder_kl_qwenimage21 import AutoencoderKLQwenImage21
from diffusers.models.transformers.transformer_qwenimage21 import QwenImage21Transformer2DModel
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.pipelines.qwenimage21.pipeline_qwenimage21 import QwenImage21Pipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from transformers import Qwen2Tokenizer, Qwen3VLForConditionalGeneration


class TextToImage(QwenImage21Pipeline):
    """Needs the tokenizer alone: diffusers' own takes a processor, which wants torchvision for films, and asks its
    template how long the request is.
    """

    def __init__(
        self,
        scheduler: FlowMatchEulerDiscreteScheduler,
        vae: AutoencoderKLQwenImage21,
        text_encoder: Qwen3VLForConditionalGeneration,
        tokenizer: Qwen2Tokenizer,
        transformer: QwenImage21Transformer2DModel,
        sample_sigmas: list[float] | None = None,
    ) -> None:
        DiffusionPipeline.__init__(self)
        self.register_modules(
            scheduler=scheduler, vae=vae, text_encoder=text_encoder, tokenizer=tokenizer, transformer=transformer
        )
        self.register_to_config(sample_sigmas=sample_sigmas)
        config: Any = vae.config
        self.vae_scale_factor = 2 ** len(config.temperal_downsample)
        self.latent_channels = config.z_dim

"""Stable Diffusion XL."""

from __future__ import annotations

from typing import Any

import diffusers
import torch
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

from bridge_server.families.stable_diffusion.samplers import SAMPLERS
from bridge_server.pipelines.samplers import make_scheduler
from tests.support.runnable import runnable

from .base import SIDE, Published, quiet

TRAINED = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "timestep_spacing": "leading",
}


def stable_diffusion_xl() -> Published:
    torch.manual_seed(0)
    unet = diffusers.UNet2DConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=SIDE,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=72,
        cross_attention_dim=64,
    ).eval()
    vae = diffusers.AutoencoderKL(
        block_out_channels=[32, 64],
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4,
        sample_size=SIDE,
    ).eval()
    text = CLIPTextModelWithProjection(
        CLIPTextConfig(
            hidden_size=24,
            intermediate_size=24,
            num_attention_heads=4,
            num_hidden_layers=1,
            projection_dim=24,
            vocab_size=100,
        )
    )
    absent = dict.fromkeys(("text_encoder", "tokenizer", "tokenizer_2"))
    prompt, negative = torch.randn(2, 1, 8, 64)
    pooled, negative_pooled = torch.randn(2, 1, 24)

    def make(kind: Any, scheduler: Any) -> Any:
        return quiet(kind(unet=unet, vae=vae, text_encoder_2=text, scheduler=scheduler, **absent))

    def sampler(name: str) -> Any:
        return lambda: make_scheduler(name, SAMPLERS, TRAINED, "EulerDiscreteScheduler")[0]

    return Published(
        kind="diffusion",
        denoiser=unet,
        blocks=("resnets", "attentions"),
        make=make,
        text=diffusers.StableDiffusionXLPipeline,
        image=diffusers.StableDiffusionXLImg2ImgPipeline,
        inpaint=diffusers.StableDiffusionXLInpaintPipeline,
        samplers={name: sampler(name) for name in runnable(SAMPLERS)}
        | {"TCD": lambda: diffusers.TCDScheduler(**TRAINED)},
        call={
            "prompt_embeds": prompt,
            "negative_prompt_embeds": negative,
            "pooled_prompt_embeds": pooled,
            "negative_pooled_prompt_embeds": negative_pooled,
            "guidance_scale": 5.0,
            "width": SIDE,
            "height": SIDE,
        },
        channels=4,
        factor=2,
        encode=lambda pixels: vae.encode(pixels).latent_dist.mode() * vae.config.scaling_factor,
    )

"""Krea 2 and FLUX.2 Klein: of these diffusers has no image to image, and only Klein an inpaint, with a reference."""

from __future__ import annotations

from typing import Any

import diffusers
import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline

from bridge_server.pipelines.denoise import LatentForm

from .base import Published, quiet
from .flow import euler, qwen_autoencoder

SIDE = 64


def krea() -> Published:
    torch.manual_seed(0)
    transformer = diffusers.Krea2Transformer2DModel(
        in_channels=16,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=32,
        timestep_embed_dim=8,
        text_hidden_dim=16,
        num_text_layers=3,
        text_num_attention_heads=2,
        text_num_key_value_heads=1,
        text_intermediate_size=16,
        num_layerwise_text_blocks=1,
        num_refiner_text_blocks=1,
        axes_dims_rope=(4, 2, 2),
        rope_theta=1000.0,
    ).eval()
    vae, encode = qwen_autoencoder(0.0, 1.0)
    prompt, read = torch.randn(1, 8, 3, 16), torch.ones(1, 8, dtype=torch.bool)

    def make(kind: Any, scheduler: Any) -> Any:
        parts = {"transformer": transformer, "vae": vae, "text_encoder": None, "tokenizer": None}
        return quiet(kind(scheduler=scheduler, text_encoder_select_layers=(0, 1, 2), **parts))

    own: Any = make(diffusers.Krea2Pipeline, euler()())
    side = SIDE // 4

    def pack(latents: torch.Tensor) -> torch.Tensor:
        return own._pack_latents(latents, 1, 4, side, side)

    return Published(
        kind="flow",
        denoiser=transformer,
        blocks=("transformer_blocks",),
        make=make,
        text=diffusers.Krea2Pipeline,
        samplers={"by size": euler(use_dynamic_shifting=True, base_image_seq_len=256, max_image_seq_len=6400)},
        call={
            "prompt_embeds": prompt,
            "prompt_embeds_mask": read,
            "negative_prompt_embeds": prompt * 0.5,
            "negative_prompt_embeds_mask": read,
            "guidance_scale": 3.0,
            "width": SIDE,
            "height": SIDE,
        },
        channels=4,
        factor=4,
        encode=encode,
        form=LatentForm(pack, pack, lambda latents: own._unpack_latents(latents, SIDE, SIDE)[:, :, 0]),
        side=SIDE,
    )


def klein() -> Published:
    """It takes latents of 2x2 patches as channels, shows its callback tokens, and returns neither."""
    torch.manual_seed(0)
    transformer = diffusers.Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        timestep_guidance_channels=256,
        axes_dims_rope=[4, 4, 4, 4],
        guidance_embeds=False,
    ).eval()
    vae = diffusers.AutoencoderKLFlux2(
        sample_size=32,
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
        block_out_channels=(4,),
        layers_per_block=1,
        latent_channels=1,
        norm_num_groups=1,
        use_quant_conv=False,
        use_post_quant_conv=False,
    ).eval()

    def make(kind: Any, scheduler: Any) -> Any:
        parts = {"transformer": transformer, "vae": vae, "text_encoder": None, "tokenizer": None}
        return quiet(kind(scheduler=scheduler, is_distilled=True, **parts))

    own: Any = make(Flux2KleinPipeline, euler()())
    side = SIDE // 2
    return Published(
        kind="flow",
        denoiser=transformer,
        blocks=("transformer_blocks", "single_transformer_blocks"),
        make=make,
        text=Flux2KleinPipeline,
        inpaint=diffusers.Flux2KleinInpaintPipeline,
        samplers={"plain": euler()},
        call={"prompt_embeds": torch.randn(1, 8, 16), "width": SIDE, "height": SIDE},
        channels=4,
        factor=2,
        encode=lambda pixels: own._encode_vae_image(pixels, None),
        form=LatentForm(
            inside=Flux2KleinPipeline._pack_latents,
            back=lambda latents: latents.permute(0, 2, 1).reshape(1, 4, side, side),
        ),
        side=SIDE,
    )

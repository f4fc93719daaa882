"""Stable Diffusion 3, FLUX.1, Qwen-Image and Z-Image: flow matching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffusers
import torch
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline

from bridge_server.pipelines.denoise import LatentForm

from .base import SIDE, Published, quiet

Encode = Callable[[torch.Tensor], torch.Tensor]


def euler(**changes: Any) -> Callable[[], Any]:
    return lambda: diffusers.FlowMatchEulerDiscreteScheduler(**changes)


def shifted_and_scaled(vae: Any) -> Encode:
    config = vae.config
    return lambda pixels: (vae.encode(pixels).latent_dist.mode() - config.shift_factor) * config.scaling_factor


def small_autoencoder(channels: int) -> Any:
    """One latent value to a pixel."""
    return diffusers.AutoencoderKL(
        sample_size=SIDE,
        block_out_channels=(4,),
        layers_per_block=1,
        latent_channels=channels,
        norm_num_groups=1,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.0609,
        scaling_factor=1.5035,
    ).eval()


def stable_diffusion_3() -> Published:
    torch.manual_seed(0)
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=SIDE,
        patch_size=1,
        in_channels=16,
        num_layers=3,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=32,
        caption_projection_dim=32,
        pooled_projection_dim=64,
        out_channels=16,
    ).eval()
    vae = small_autoencoder(16)
    text = ("text_encoder", "text_encoder_2", "text_encoder_3", "tokenizer", "tokenizer_2", "tokenizer_3")
    prompt, negative = torch.randn(2, 1, 8, 32)
    pooled, negative_pooled = torch.randn(2, 1, 64)
    return Published(
        kind="flow",
        denoiser=transformer,
        blocks=("transformer_blocks",),
        make=lambda kind, scheduler: quiet(
            kind(transformer=transformer, vae=vae, scheduler=scheduler, **dict.fromkeys(text))
        ),
        text=diffusers.StableDiffusion3Pipeline,
        image=diffusers.StableDiffusion3Img2ImgPipeline,
        inpaint=diffusers.StableDiffusion3InpaintPipeline,
        samplers={
            "shifted": euler(shift=3.0),
            "shifted Karras": euler(shift=3.0, use_karras_sigmas=True),
            "plain": euler(),
        },
        call={
            "prompt_embeds": prompt,
            "negative_prompt_embeds": negative,
            "pooled_prompt_embeds": pooled,
            "negative_pooled_prompt_embeds": negative_pooled,
            "guidance_scale": 5.0,
            "width": SIDE,
            "height": SIDE,
        },
        channels=16,
        factor=1,
        encode=shifted_and_scaled(vae),
    )


def flux() -> Published:
    torch.manual_seed(0)
    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=[4, 4, 8],
    ).eval()
    vae = small_autoencoder(1)
    text = ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")

    def pack(latents: torch.Tensor) -> torch.Tensor:
        return FluxPipeline._pack_latents(latents, 1, 1, SIDE, SIDE)

    return Published(
        kind="flow",
        denoiser=transformer,
        blocks=("transformer_blocks", "single_transformer_blocks"),
        make=lambda kind, scheduler: quiet(
            kind(transformer=transformer, vae=vae, scheduler=scheduler, **dict.fromkeys(text))
        ),
        text=FluxPipeline,
        image=diffusers.FluxImg2ImgPipeline,
        inpaint=diffusers.FluxInpaintPipeline,
        samplers={"by size": euler(use_dynamic_shifting=True), "plain": euler()},
        call={
            "prompt_embeds": torch.randn(1, 8, 32),
            "pooled_prompt_embeds": torch.randn(1, 32),
            "guidance_scale": 3.5,
            "width": SIDE,
            "height": SIDE,
        },
        channels=1,
        factor=1,
        encode=shifted_and_scaled(vae),
        form=LatentForm(pack, pack, lambda latents: FluxPipeline._unpack_latents(latents, SIDE, SIDE, 1)),
    )


def qwen_autoencoder(mean: float, deviation: float) -> tuple[Any, Encode]:
    """Four pixels to a latent value; latents of a picture are those of a film of one frame."""
    vae = diffusers.AutoencoderKLQwenImage(
        base_dim=24,
        z_dim=4,
        dim_mult=[1, 2, 4],
        num_res_blocks=1,
        temperal_downsample=[False, True],
        latents_mean=[mean] * 4,
        latents_std=[deviation] * 4,
    ).eval()
    return vae, lambda pixels: (vae.encode(pixels[:, :, None]).latent_dist.mode()[:, :, 0] - mean) / deviation


def qwen_image() -> Published:
    torch.manual_seed(0)
    transformer = diffusers.QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=16,
        out_channels=4,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=3,
        joint_attention_dim=16,
        guidance_embeds=False,
        axes_dims_rope=(8, 4, 4),
    ).eval()
    vae, encode = qwen_autoencoder(0.1, 1.3)
    prompt, negative = torch.randn(2, 1, 8, 16)
    side, read = SIDE // 4, torch.ones(1, 8, dtype=torch.long)

    def pack(latents: torch.Tensor) -> torch.Tensor:
        return QwenImagePipeline._pack_latents(latents, 1, 4, side, side)

    return Published(
        kind="flow",
        denoiser=transformer,
        blocks=("transformer_blocks",),
        make=lambda kind, scheduler: quiet(
            kind(transformer=transformer, vae=vae, scheduler=scheduler, text_encoder=None, tokenizer=None)
        ),
        text=QwenImagePipeline,
        image=diffusers.QwenImageImg2ImgPipeline,
        inpaint=diffusers.QwenImageInpaintPipeline,
        samplers={
            "plain": euler(),
            "by size": euler(
                use_dynamic_shifting=True,
                base_shift=0.5,
                max_shift=0.9,
                shift_terminal=0.02,
                time_shift_type="exponential",
            ),
        },
        call={
            "prompt_embeds": prompt,
            "prompt_embeds_mask": read,
            "negative_prompt_embeds": negative,
            "negative_prompt_embeds_mask": read,
            "true_cfg_scale": 4.0,
            "width": SIDE,
            "height": SIDE,
        },
        channels=4,
        factor=4,
        encode=encode,
        form=LatentForm(pack, pack, lambda latents: QwenImagePipeline._unpack_latents(latents, SIDE, SIDE, 4)[:, :, 0]),
    )


def z_image() -> Published:
    torch.manual_seed(0)
    transformer = diffusers.ZImageTransformer2DModel(
        all_patch_size=(2,),
        all_f_patch_size=(1,),
        in_channels=16,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        norm_eps=1e-5,
        qk_norm=True,
        cap_feat_dim=16,
        rope_theta=256.0,
        t_scale=1000.0,
        axes_dims=[8, 4, 4],
        axes_lens=[256, 32, 32],
    ).eval()
    for name, tensor in transformer.named_parameters():
        if "pad_token" in name:  # diffusers leaves these as they are in memory
            torch.nn.init.normal_(tensor, std=0.02)
    vae = diffusers.AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        block_out_channels=[32, 64],
        layers_per_block=1,
        latent_channels=16,
        norm_num_groups=32,
        sample_size=SIDE,
        scaling_factor=0.3611,
        shift_factor=0.1159,
    ).eval()
    return Published(
        kind="flow",
        denoiser=transformer,
        blocks=("layers",),
        make=lambda kind, scheduler: quiet(
            kind(transformer=transformer, vae=vae, scheduler=scheduler, text_encoder=None, tokenizer=None)
        ),
        text=diffusers.ZImagePipeline,
        image=diffusers.ZImageImg2ImgPipeline,
        inpaint=diffusers.ZImageInpaintPipeline,
        samplers={"shifted": euler(shift=3.0), "by size": euler(use_dynamic_shifting=True)},
        call={
            "prompt": None,
            "prompt_embeds": [torch.randn(8, 16)],
            "negative_prompt_embeds": [torch.randn(8, 16)],
            "guidance_scale": 3.0,
            "width": SIDE,
            "height": SIDE,
        },
        channels=16,
        factor=2,
        encode=shifted_and_scaled(vae),
    )

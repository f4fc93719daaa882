"""A model of Stable Diffusion 1.5's size with seeded random weights, for measuring memory and time: it paints noise."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

LARGE_NAME = "large-random"
CONFIGS = Path(__file__).resolve().parent.parent / "bridge_server" / "models" / "configs"


def build_large(models: Path) -> Path:
    """Write it below `models`: UNet 860 million parameters, text encoder 123, autoencoder 84, in half precision."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    folder = models / LARGE_NAME
    if folder.exists():
        shutil.rmtree(folder)
    torch.manual_seed(0)
    text = CLIPTextConfig(
        hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, projection_dim=768
    )
    autoencoder = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
        sample_size=512,
    )
    pipeline = StableDiffusionPipeline(
        vae=autoencoder,
        text_encoder=CLIPTextModel(text),
        tokenizer=CLIPTokenizer.from_pretrained(str(CONFIGS / "tokenizer")),
        unet=UNet2DConditionModel(sample_size=64, cross_attention_dim=768),
        scheduler=DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            clip_sample=False,
            set_alpha_to_one=False,
            steps_offset=1,
        ),
        safety_checker=None,  # pyright: ignore[reportArgumentType]
        feature_extractor=None,  # pyright: ignore[reportArgumentType]
        requires_safety_checker=False,
    )
    pipeline.to(dtype=torch.float16).save_pretrained(folder)
    described = {"family": "sd1", "steps": 20, "guidance_scale": 7.5, "license": "Apache-2.0"}
    (folder / "layerbridge.json").write_text(json.dumps(described), encoding="utf-8")
    return folder

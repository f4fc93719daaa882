"""For tests: tiny Z-Image models with seeded random weights and a tokenizer built in code."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from ..flux2_klein.tiny import tiny_tokenizer
from .prompts import AFTER, BEFORE
from .spec import SHIFTS, TURBO

NATIVE_SIDE = 64  # pixels
WIDTH = 16  # of the text encoder
LATENT_CHANNELS = 4


def build(
    folder: Path,
    *,
    family: str = TURBO.key,
    slow: int = 1,
    seed: int = 0,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 8 pixels to a token, about 900 kB.

    slow: that many layers of each kind in the transformer. overrides: added to the folder's layerbridge.json (4 steps
    and the family are there already, and guidance 3 for the base model).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    transformers: Any = import_module("transformers")
    tokenizer = tiny_tokenizer(folder, BEFORE, AFTER)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = transformers.Qwen3Model(
            transformers.Qwen3Config(
                vocab_size=len(tokenizer),
                hidden_size=WIDTH,
                intermediate_size=32,
                num_hidden_layers=3,
                num_attention_heads=2,
                num_key_value_heads=1,
                head_dim=8,
                max_position_embeddings=1024,
                rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},  # as of the published one
                initializer_range=0.2,
            )
        )
        transformer = diffusers.ZImageTransformer2DModel(
            in_channels=LATENT_CHANNELS,
            dim=32,
            n_layers=slow,
            n_refiner_layers=slow,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=WIDTH,
            axes_dims=[4, 6, 6],  # as of the published sizes
            axes_lens=[1024, 64, 64],
        )
        vae = diffusers.AutoencoderKL(
            block_out_channels=(4, 8, 8),
            down_block_types=("DownEncoderBlock2D",) * 3,
            up_block_types=("UpDecoderBlock2D",) * 3,
            layers_per_block=1,
            norm_num_groups=4,
            latent_channels=LATENT_CHANNELS,
            sample_size=NATIVE_SIDE,
            use_quant_conv=False,
            use_post_quant_conv=False,
            scaling_factor=0.3611,
            shift_factor=0.1159,
        )
        for name, weight in transformer.named_parameters():
            if "pad_token" in name:  # diffusers leaves these at zero
                torch.nn.init.normal_(weight, std=0.02)
            elif ".attention." in name and name.endswith(".weight") and weight.ndim == 2:
                weight.data *= 2  # what is random attends to hardly anything
    pipeline = diffusers.ZImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=SHIFTS[family]),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    described: dict[str, object] = {"family": family, "native_resolution": NATIVE_SIDE, "steps": 4}
    described |= {"license": "Apache-2.0"} | ({} if family == TURBO.key else {"guidance_scale": 3.0})
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder

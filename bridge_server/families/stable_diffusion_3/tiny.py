"""For tests: tiny models of Stable Diffusion 3.5 and 3 with seeded random weights and tokenizers built in code."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from ..flux1.tiny import tiny_t5_tokenizer
from ..stable_diffusion.tiny import NATIVE_SIDE, TEXT_LENGTH, tiny_tokenizer
from .spec import LARGE, MEDIUM, OLD_MEDIUM, SHIFT, TURBO

CLIPS, WIDTH = (16, 24), 48  # of the text encoders
HEAD, HEADS = 16, 2
LATENT_CHANNELS = 16  # diffusers' inpaint takes no other number
PLACES = 48  # tokens on a side at most


def build(
    folder: Path,
    *,
    family: str = LARGE.key,
    slow: int = 1,
    seed: int = 0,
    has_t5: bool = True,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 8 pixels to a token, about 1 MB.

    slow: that many layers more than one in the transformer. has_t5: false: without the third text encoder. overrides:
    added to the folder's layerbridge.json (4 steps, the family, and but for Turbo guidance 3 are there already).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    transformers: Any = import_module("transformers")
    tokenizers = [tiny_tokenizer(folder, TEXT_LENGTH, name) for name in ("tokenizer", "tokenizer_2")]
    t5 = tiny_t5_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        clips = [_clip(width, tokenizer) for width, tokenizer in zip(CLIPS, tokenizers, strict=True)]
        text_encoder_3 = transformers.T5EncoderModel(
            transformers.T5Config(
                vocab_size=len(t5),
                d_model=WIDTH,
                d_kv=16,
                d_ff=64,
                num_layers=2,
                num_heads=2,
                feed_forward_proj="gated-gelu",
            )
        )
        transformer = diffusers.SD3Transformer2DModel(
            sample_size=NATIVE_SIDE // 4,
            patch_size=2,
            in_channels=LATENT_CHANNELS,
            out_channels=LATENT_CHANNELS,
            num_layers=1 + slow,
            attention_head_dim=HEAD,
            num_attention_heads=HEADS,
            joint_attention_dim=WIDTH,
            caption_projection_dim=HEAD * HEADS,
            pooled_projection_dim=sum(CLIPS),
            pos_embed_max_size=PLACES,
            dual_attention_layers=(0,) if family == MEDIUM.key else (),
            qk_norm=None if family == OLD_MEDIUM.key else "rms_norm",
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
            scaling_factor=1.5305,
            shift_factor=0.0609,
        )
        for name, weight in transformer.named_parameters():
            if ".attn" in name and weight.ndim == 2:
                weight.data *= 2  # what is random attends to hardly anything
    pipeline = diffusers.StableDiffusion3Pipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=SHIFT),
        vae=vae,
        text_encoder=clips[0],
        tokenizer=tokenizers[0],
        text_encoder_2=clips[1],
        tokenizer_2=tokenizers[1],
        text_encoder_3=text_encoder_3 if has_t5 else None,
        tokenizer_3=t5 if has_t5 else None,
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    described: dict[str, object] = {"family": family, "native_resolution": NATIVE_SIDE, "steps": 4}
    described |= {"license": "Apache-2.0", "guidance_scale": 1.0 if family == TURBO.key else 3.0}
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def _clip(width: int, tokenizer: Any) -> Any:
    transformers: Any = import_module("transformers")
    config = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=1,
        max_position_embeddings=TEXT_LENGTH,
        projection_dim=width,
        hidden_act="quick_gelu",
        eos_token_id=2,  # as of the published ones
        initializer_factor=5.0,
    )
    return transformers.CLIPTextModelWithProjection(config)

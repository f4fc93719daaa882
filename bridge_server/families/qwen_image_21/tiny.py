"""For tests: tiny Qwen-Image 2.1 models with seeded random weights and a tokenizer built in code."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from ..qwen_image.tiny import SPECIAL, tiny_tokenizer
from .noise_levels import NAME
from .prompts import BEFORE
from .spec import QWEN21, SCHEDULER, TURBO, TURBO_SCHEDULER

NATIVE_SIDE = 64  # pixels
WIDTH = 16  # of the text encoder
LATENT_CHANNELS = 8
LEVELS = (1.0, 0.9, 0.7, 0.4)  # of noise, that the distilled one was not trained at


def build(
    folder: Path,
    *,
    family: str = QWEN21.key,
    slow: int = 1,
    seed: int = 0,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 16 pixels to a token, about 500 kB.

    slow: twice that many layers in the transformer. overrides: added to the folder's layerbridge.json (4 steps, the
    family and, but for Turbo, guidance 3 are there already).
    """
    import torch

    from .embedded import TextToImage

    diffusers: Any = import_module("diffusers")
    tokenizer = tiny_tokenizer(folder, (BEFORE,))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = _text_encoder(tokenizer)
        transformer = diffusers.QwenImage21Transformer2DModel(
            in_channels=LATENT_CHANNELS,
            out_channels=LATENT_CHANNELS,
            num_layers=2 * slow,
            attention_head_dim=16,
            num_attention_heads=2,
            context_in_dim=WIDTH,
            mlp_ratio=2,
            axes_dims_rope=(4, 6, 6),
        )
        vae = _vae()
    for name, weight in transformer.named_parameters():
        if ".attn." in name:
            weight.data *= 2  # what is random attends to hardly anything
    is_turbo = family == TURBO.key
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(**(TURBO_SCHEDULER if is_turbo else SCHEDULER))
    pipeline = TextToImage(scheduler, vae, text_encoder, tokenizer, transformer)
    pipeline.save_pretrained(folder)
    (folder / "tokenizer").rename(folder / "processor")
    index = json.loads((folder / "model_index.json").read_text())
    named = {"_class_name": QWEN21.pipelines[0], "processor": ["transformers", "Qwen3VLProcessor"]}
    named |= {NAME: LEVELS if is_turbo else None}
    written = {key: value for key, value in index.items() if key != "tokenizer"} | named
    (folder / "model_index.json").write_text(json.dumps(written), encoding="utf-8")
    described: dict[str, object] = {"family": family, "native_resolution": NATIVE_SIDE, "steps": 4}
    described |= {"license": "Apache-2.0"} | ({} if is_turbo else {"guidance_scale": 3.0})
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def _vae() -> Any:
    """An autoencoder of 16 pixels to a value, as the published one, whose latents are those of no unit normal."""
    import torch

    diffusers: Any = import_module("diffusers")
    return diffusers.AutoencoderKLQwenImage21(
        base_dim=4,
        decoder_base_dim=6,
        z_dim=LATENT_CHANNELS,
        dim_mult=[1, 1, 2, 2, 2],
        num_res_blocks=1,
        latents_mean=torch.linspace(-0.2, 0.2, LATENT_CHANNELS).tolist(),
        latents_std=torch.linspace(0.5, 2.0, LATENT_CHANNELS).tolist(),
    )


def _text_encoder(tokenizer: Any) -> Any:
    transformers: Any = import_module("transformers")
    start, end, image = (tokenizer.convert_tokens_to_ids(token) for token in SPECIAL[3:])
    config = transformers.Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": WIDTH,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 8,
            "max_position_embeddings": 4096,
            "initializer_range": 0.2,
            "rope_parameters": {  # as of the published one
                "rope_type": "default",
                "mrope_section": [2, 1, 1],
                "mrope_interleaved": True,
                "rope_theta": 5_000_000.0,
            },
        },
        vision_config={
            "depth": 1,
            "hidden_size": WIDTH,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": WIDTH,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
            "initializer_range": 0.2,
        },
        vision_start_token_id=start,
        vision_end_token_id=end,
        image_token_id=image,
        video_token_id=image,
    )
    return transformers.Qwen3VLForConditionalGeneration(config)

"""For tests: tiny Krea 2 models with seeded random weights and a tokenizer built in code."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from ..qwen_image.tiny import LATENT_CHANNELS, tiny_tokenizer, tiny_vae
from .spec import SCHEDULER, TURBO

NATIVE_SIDE = 64  # pixels
WIDTH = 16  # of the text encoder
LAYERS_READ = (1, 3, 4)  # of its answers


def build(
    folder: Path,
    *,
    family: str = TURBO.key,
    slow: int = 1,
    seed: int = 0,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 8 pixels to a token, about 500 kB.

    slow: twice that many layers in the transformer. overrides: added to the folder's layerbridge.json (4 steps and the
    family are there already, and guidance 3 for the base model).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    tokenizer = tiny_tokenizer(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = _text_encoder(len(tokenizer))
        transformer = diffusers.Krea2Transformer2DModel(
            in_channels=4 * LATENT_CHANNELS,
            num_layers=2 * slow,
            attention_head_dim=16,
            num_attention_heads=4,
            num_key_value_heads=2,
            intermediate_size=64,
            timestep_embed_dim=16,
            text_hidden_dim=WIDTH,
            num_text_layers=len(LAYERS_READ),
            text_num_attention_heads=2,
            text_num_key_value_heads=1,
            text_intermediate_size=32,
            num_layerwise_text_blocks=1,
            num_refiner_text_blocks=1,
            axes_dims_rope=(4, 6, 6),  # as of the published sizes
        )
        for name, weight in transformer.named_parameters():
            if "scale_shift_table" in name or ".norm" in name:  # diffusers leaves these at zero
                torch.nn.init.normal_(weight, std=0.2)
            elif ".attn." in name:
                weight.data *= 2  # what is random attends to hardly anything
        vae = tiny_vae()
    pipeline = diffusers.Krea2Pipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(**SCHEDULER),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
        text_encoder_select_layers=LAYERS_READ,
        is_distilled=family == TURBO.key,
    )
    pipeline.save_pretrained(folder)
    described: dict[str, object] = {"family": family, "native_resolution": NATIVE_SIDE, "steps": 4}
    described |= {"license": "Apache-2.0"} | ({} if family == TURBO.key else {"guidance_scale": 3.0})
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder


def _text_encoder(words: int) -> Any:
    transformers: Any = import_module("transformers")
    config = transformers.Qwen3VLConfig(
        text_config={
            "vocab_size": words,
            "hidden_size": WIDTH,
            "intermediate_size": 32,
            "num_hidden_layers": 4,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 8,
            "max_position_embeddings": 2048,
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
        },
    )
    return transformers.Qwen3VLModel(config)

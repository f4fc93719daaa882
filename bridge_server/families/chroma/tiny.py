"""For tests: tiny Chroma models with seeded random weights and a tokenizer built in code."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from ..flux1.tiny import HEAD, LATENT_CHANNELS, NATIVE_SIDE, WIDTH, tiny_t5, tiny_t5_tokenizer, tiny_vae
from .spec import FLASH, HD, SCHEDULERS


def build(
    folder: Path,
    *,
    family: str = HD.key,
    slow: int = 1,
    seed: int = 0,
    overrides: dict[str, object] | None = None,
    **_changes: object,
) -> Path:
    """Write a diffusers folder and return it: 64 pixels native, 8 pixels to a token, about 1 MB.

    slow: that many layers of each kind in the transformer. overrides: added to the folder's layerbridge.json (4 steps,
    the family, and but for Flash guidance 3 are there already).
    """
    import torch

    diffusers: Any = import_module("diffusers")
    tokenizer = tiny_t5_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = tiny_t5(len(tokenizer))
        transformer = diffusers.ChromaTransformer2DModel(
            in_channels=4 * LATENT_CHANNELS,
            num_layers=slow,
            num_single_layers=slow,
            attention_head_dim=HEAD,
            num_attention_heads=1,
            joint_attention_dim=WIDTH,
            axes_dims_rope=(4, 14, 14),  # shares of the published ones
            approximator_num_channels=16,
            approximator_hidden_dim=32,
            approximator_layers=2,
        )
        vae = tiny_vae()
    for name, weight in transformer.named_parameters():
        if ".attn." in name and weight.ndim == 2:
            weight.data *= 2  # what is random attends to hardly anything
    pipeline = diffusers.ChromaPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(**SCHEDULERS[family]),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    described: dict[str, object] = {"family": family, "native_resolution": NATIVE_SIDE, "steps": 4}
    described |= {"license": "Apache-2.0"} | ({} if family == FLASH.key else {"guidance_scale": 3.0})
    (folder / "layerbridge.json").write_text(json.dumps(described | (overrides or {})), encoding="utf-8")
    return folder

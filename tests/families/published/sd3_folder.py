"""A folder of Stable Diffusion 3.5 or 3 as it is published, without its weights: what its configurations say.

Written down from diffusers' SD3Transformer2DModel and https://huggingface.co/stabilityai/stable-diffusion-3.5-large,
-medium and stable-diffusion-3-medium-diffusers, whose sizes they lead to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .sd3_file import SIZES


def transformer(size: str) -> dict[str, Any]:
    width, blocks, places, twice, has_norms = SIZES[size]
    return {
        "sample_size": 128,
        "patch_size": 2,
        "in_channels": 16,
        "out_channels": 16,
        "num_layers": blocks,
        "attention_head_dim": 64,
        "num_attention_heads": width // 64,
        "joint_attention_dim": 4096,
        "caption_projection_dim": width,
        "pooled_projection_dim": 2048,
        "pos_embed_max_size": places,
        "dual_attention_layers": list(range(twice)),
        "qk_norm": "rms_norm" if has_norms else None,
    }


def clip(width: int) -> dict[str, Any]:
    layers = 12 if width == 768 else 32
    sizes = {"hidden_size": width, "intermediate_size": 4 * width, "projection_dim": width}
    return {**sizes, "num_hidden_layers": layers, "num_attention_heads": width // 64, "max_position_embeddings": 77}


T5 = {"d_model": 4096, "d_ff": 10240, "d_kv": 64, "num_heads": 64, "num_layers": 24, "vocab_size": 32128}
VAE = {
    "block_out_channels": [128, 256, 512, 512],
    "latent_channels": 16,
    "scaling_factor": 1.5305,
    "shift_factor": 0.0609,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
}
INDEX = {
    "_class_name": "StableDiffusion3Pipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
    "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "tokenizer_2": ["transformers", "CLIPTokenizer"],
    "transformer": ["diffusers", "SD3Transformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "image_encoder": [None, None],
    "feature_extractor": [None, None],
}
WITH_T5 = {"text_encoder_3": ["transformers", "T5EncoderModel"], "tokenizer_3": ["transformers", "T5TokenizerFast"]}


def sd3_folder(folder: Path, size: str = "large", *, has_t5: bool = True) -> Path:
    """Its weights are empty."""
    further = WITH_T5 if has_t5 else {name: [None, None] for name in WITH_T5}
    written: dict[str, Any] = {
        "model_index.json": {**INDEX, **further},
        "transformer/config.json": transformer(size),
        "text_encoder/config.json": clip(768),
        "text_encoder_2/config.json": clip(1280),
        "vae/config.json": VAE,
        "scheduler/scheduler_config.json": {"num_train_timesteps": 1000, "shift": 3.0},
        "tokenizer/tokenizer_config.json": {"model_max_length": 77},
        "tokenizer_2/tokenizer_config.json": {"model_max_length": 77},
    }
    if has_t5:
        written |= {"text_encoder_3/config.json": T5, "tokenizer_3/tokenizer_config.json": {"model_max_length": 512}}
    for name, value in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    parts = ["transformer/diffusion_pytorch_model", "vae/diffusion_pytorch_model"]
    parts += [f"text_encoder{number}/model" for number in ("", "_2", *(("_3",) if has_t5 else ()))]
    for file in parts:
        (folder / f"{file}.safetensors").write_bytes(b"\0" * 10)
    return folder

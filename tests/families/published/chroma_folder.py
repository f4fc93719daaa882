"""A folder of Chroma as it is published, without its weights: what its configurations say.

Written down from diffusers' ChromaTransformer2DModel, whose defaults are the published numbers; text encoder and
autoencoder are FLUX.1's (flux_folder.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .flux_folder import T5, VAE

TRANSFORMER: dict[str, Any] = {
    "patch_size": 1,
    "in_channels": 64,
    "num_layers": 19,
    "num_single_layers": 38,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 4096,
    "axes_dims_rope": [16, 56, 56],
    "approximator_num_channels": 64,
    "approximator_hidden_dim": 5120,
    "approximator_layers": 5,
}
INDEX = {
    "_class_name": "ChromaPipeline",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "T5EncoderModel"],
    "tokenizer": ["transformers", "T5Tokenizer"],
    "transformer": ["diffusers", "ChromaTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def chroma_folder(folder: Path) -> Path:
    """Its weights are empty."""
    written = {
        "model_index.json": INDEX,
        "transformer/config.json": TRANSFORMER,
        "text_encoder/config.json": T5,
        "vae/config.json": VAE,
        "scheduler/scheduler_config.json": {"shift": 3.0, "use_dynamic_shifting": False},
        "tokenizer/tokenizer_config.json": {
            "model_max_length": 512,
            "extra_ids": 100,
            "tokenizer_class": "T5Tokenizer",
        },
    }
    for name, value in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    for part, file in (
        ("transformer", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("text_encoder", "model"),
    ):
        (folder / part / f"{file}.safetensors").write_bytes(b"\0" * 10)
    return folder

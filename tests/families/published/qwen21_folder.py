"""A folder of Qwen-Image 2.1 as it is published, without its weights: what its configurations say.

Written down from diffusers' QwenImage21Transformer2DModel and AutoencoderKLQwenImage21 and from
https://huggingface.co/Qwen/Qwen3-VL-8B-Instruct, whose sizes they lead to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TRANSFORMER: dict[str, Any] = {
    "patch_size": 1,
    "in_channels": 64,
    "out_channels": 64,
    "num_layers": 32,
    "attention_head_dim": 128,
    "num_attention_heads": 32,
    "context_in_dim": 4096,
    "mlp_ratio": 3,
    "axes_dims_rope": [16, 56, 56],
    "eps": 1e-6,
    "causal_condition": True,
}
TEXT_ENCODER: dict[str, Any] = {
    "image_token_id": 151_655,
    "text_config": {
        "vocab_size": 151_936,
        "hidden_size": 4096,
        "intermediate_size": 12_288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 262_144,
        "rope_scaling": {"mrope_interleaved": True, "mrope_section": [24, 20, 20], "rope_type": "default"},
        "rope_theta": 5_000_000,
    },
    "vision_config": {"depth": 27, "hidden_size": 1152, "out_hidden_size": 4096, "num_heads": 16},
    "tie_word_embeddings": False,
}
VAE = {
    "base_dim": 96,
    "decoder_base_dim": 144,
    "z_dim": 64,
    "dim_mult": [1, 2, 4, 8, 8],
    "temperal_downsample": [False, True, True, True],
    "in_channels": 4,
    "out_channels": 4,
    "patch_size": None,
    "scale_factor_spatial": 16,
}
SCHEDULER = {
    "num_train_timesteps": 1000,
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 0.9,
    "max_image_seq_len": 8192,
    "shift_terminal": 0.02,
}
INDEX: dict[str, Any] = {
    "_class_name": "QwenImage21Pipeline",
    "processor": ["transformers", "Qwen3VLProcessor"],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Qwen3VLForConditionalGeneration"],
    "transformer": ["diffusers", "QwenImage21Transformer2DModel"],
    "vae": ["diffusers", "AutoencoderKLQwenImage21"],
}
TURBO = {"sample_sigmas": [1.0, 0.978453, 0.95418, 0.926626, 0.89508, 0.845148, 0.704534, 0.414568]}


def qwen21_folder(folder: Path, **index: Any) -> Path:
    """Its weights are empty. index: what its model_index.json says besides."""
    written = {
        "model_index.json": {**INDEX, **index},
        "transformer/config.json": TRANSFORMER,
        "text_encoder/config.json": TEXT_ENCODER,
        "vae/config.json": VAE,
        "scheduler/scheduler_config.json": SCHEDULER,
        "processor/tokenizer_config.json": {"model_max_length": 262_144, "tokenizer_class": "Qwen2Tokenizer"},
        "processor/preprocessor_config.json": {"size": {"longest_edge": 16_777_216, "shortest_edge": 65_536}},
    }
    for name, value in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    for file in ("transformer/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"):
        (folder / f"{file}.safetensors").write_bytes(b"\0" * 10)
    return folder

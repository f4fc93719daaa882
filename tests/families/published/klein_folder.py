"""A folder of FLUX.2 Klein as it is published, without its weights: what its configurations say.

Written down from diffusers' Flux2Transformer2DModel and AutoencoderKLFlux2 and from
https://huggingface.co/Qwen/Qwen3-4B and Qwen3-8B, whose sizes they lead to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

COMMON = {
    "in_channels": 128,
    "attention_head_dim": 128,
    "mlp_ratio": 3.0,
    "axes_dims_rope": [32, 32, 32, 32],
    "rope_theta": 2000,
    "timestep_guidance_channels": 256,
    "guidance_embeds": False,
    "patch_size": 1,
}
TRANSFORMERS: dict[str, dict[str, Any]] = {
    "4b": {**COMMON, "num_attention_heads": 24, "num_layers": 5, "num_single_layers": 20, "joint_attention_dim": 7680},
    "9b": {**COMMON, "num_attention_heads": 32, "num_layers": 8, "num_single_layers": 24, "joint_attention_dim": 12288},
}
QWEN = {
    "vocab_size": 151_936,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 40_960,
    "rope_theta": 1_000_000,
}
TEXT_ENCODERS: dict[str, dict[str, Any]] = {
    "4b": {**QWEN, "hidden_size": 2560, "intermediate_size": 9728, "tie_word_embeddings": True},
    "9b": {**QWEN, "hidden_size": 4096, "intermediate_size": 12288, "tie_word_embeddings": False},
}
INDEX = {
    "_class_name": "Flux2KleinPipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Qwen3ForCausalLM"],
    "tokenizer": ["transformers", "Qwen2TokenizerFast"],
    "transformer": ["diffusers", "Flux2Transformer2DModel"],
    "vae": ["diffusers", "AutoencoderKLFlux2"],
}


def klein_folder(folder: Path, size: str, *, is_distilled: bool) -> Path:
    """size: "4b" or "9b". Its weights are empty."""
    written = {
        "model_index.json": {**INDEX, "is_distilled": is_distilled},
        "transformer/config.json": TRANSFORMERS[size],
        "text_encoder/config.json": TEXT_ENCODERS[size],
        "vae/config.json": {"block_out_channels": [128, 256, 512, 512], "latent_channels": 32, "patch_size": [2, 2]},
        "scheduler/scheduler_config.json": {"num_train_timesteps": 1000, "shift": 3.0, "use_dynamic_shifting": True},
        "tokenizer/tokenizer_config.json": {"model_max_length": 131_072},
    }
    for name, value in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    for file in ("transformer/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"):
        (folder / f"{file}.safetensors").write_bytes(b"\0" * 10)
    return folder

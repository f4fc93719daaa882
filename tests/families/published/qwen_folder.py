"""A folder of Qwen-Image as it is published, without its weights: what its configurations say.

Written down from diffusers' QwenImageTransformer2DModel and AutoencoderKLQwenImage and from
https://huggingface.co/Qwen/Qwen2.5-VL-7B-Instruct, whose sizes they lead to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TRANSFORMER: dict[str, Any] = {
    "patch_size": 2,
    "in_channels": 64,
    "out_channels": 16,
    "num_layers": 60,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 3584,
    "guidance_embeds": False,
    "axes_dims_rope": [16, 56, 56],
}
TEXT_ENCODER: dict[str, Any] = {
    "text_config": {
        "vocab_size": 152_064,
        "hidden_size": 3584,
        "intermediate_size": 18_944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "max_position_embeddings": 128_000,
        "rope_scaling": {"mrope_section": [16, 24, 24], "rope_type": "default"},
        "rope_theta": 1_000_000,
    },
    "vision_config": {"hidden_size": 1280, "out_hidden_size": 3584, "depth": 32, "num_heads": 16},
    "tie_word_embeddings": False,
}
LAYERED: dict[str, Any] = {"use_additional_t_cond": True, "use_layer3d_rope": True}
VAE = {"base_dim": 96, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "temperal_downsample": [False, True, True]}
SCHEDULER = {
    "num_train_timesteps": 1000,
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 0.9,
    "max_image_seq_len": 8192,
    "shift_terminal": 0.02,
}
INDEX = {
    "_class_name": "QwenImagePipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Qwen2_5_VLForConditionalGeneration"],
    "tokenizer": ["transformers", "Qwen2Tokenizer"],
    "transformer": ["diffusers", "QwenImageTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKLQwenImage"],
}


def qwen_folder(folder: Path, pipeline: str = "QwenImagePipeline") -> Path:
    """Its weights are empty. pipeline: the class that it names."""
    sees = "Edit" in pipeline or "Layered" in pipeline
    edits = {"processor": ["transformers", "Qwen2VLProcessor"]} if sees else {}
    layered = "Layered" in pipeline
    written = {
        "model_index.json": {**INDEX, "_class_name": pipeline, **edits},
        "transformer/config.json": TRANSFORMER | (LAYERED if layered else {}),
        "text_encoder/config.json": TEXT_ENCODER,
        "vae/config.json": VAE | ({"input_channels": 4} if layered else {}),
        "scheduler/scheduler_config.json": SCHEDULER,
        "tokenizer/tokenizer_config.json": {"model_max_length": 131_072},
    }
    for name, value in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    for file in ("transformer/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"):
        (folder / f"{file}.safetensors").write_bytes(b"\0" * 10)
    return folder

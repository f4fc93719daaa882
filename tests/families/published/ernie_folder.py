"""A folder of ERNIE-Image as it is published, without its weights: what its configurations say.

Written down from https://huggingface.co/baidu/ERNIE-Image, and FLUX.2's autoencoder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TRANSFORMER: dict[str, Any] = {
    "eps": 1e-06,
    "ffn_hidden_size": 12_288,
    "hidden_size": 4096,
    "in_channels": 128,
    "num_attention_heads": 32,
    "num_layers": 36,
    "out_channels": 128,
    "patch_size": 1,
    "qk_layernorm": True,
    "rope_axes_dim": [32, 48, 48],
    "rope_theta": 256,
    "text_in_dim": 3072,
}
TEXT_ENCODER: dict[str, Any] = {
    "image_token_index": 10,
    "model_type": "mistral3",
    "spatial_merge_size": 2,
    "text_config": {
        "model_type": "mistral",
        "head_dim": 128,
        "hidden_size": 3072,
        "intermediate_size": 9216,
        "max_position_embeddings": 262_144,
        "num_attention_heads": 32,
        "num_hidden_layers": 26,
        "num_key_value_heads": 8,
        "rms_norm_eps": 1e-05,
        "rope_parameters": {
            "beta_fast": 32.0,
            "beta_slow": 1.0,
            "factor": 16.0,
            "llama_4_scaling_beta": 0.1,
            "mscale": 1.0,
            "mscale_all_dim": 1.0,
            "original_max_position_embeddings": 16_384,
            "rope_theta": 1_000_000.0,
            "rope_type": "yarn",
        },
        "sliding_window": None,
        "vocab_size": 131_072,
    },
    "vision_config": {
        "model_type": "pixtral",
        "head_dim": 64,
        "hidden_size": 1024,
        "image_size": 1540,
        "intermediate_size": 4096,
        "num_attention_heads": 16,
        "num_hidden_layers": 24,
        "patch_size": 14,
    },
}
VAE = {"block_out_channels": [128, 256, 512, 512], "latent_channels": 32, "layers_per_block": 2}
TOKENIZER = {
    "bos_token": "<s>",
    "model_max_length": 2048,
    "processor_class": "PixtralProcessor",
    "tokenizer_class": "TokenizersBackend",
}
INDEX = {
    "_class_name": "ErnieImagePipeline",
    "pe": ["transformers", "Ministral3ForCausalLM"],
    "pe_tokenizer": ["transformers", "TokenizersBackend"],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Mistral3Model"],
    "tokenizer": ["transformers", "TokenizersBackend"],
    "transformer": ["diffusers", "ErnieImageTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKLFlux2"],
}


def ernie_folder(folder: Path) -> Path:
    """Its weights are empty."""
    written = {
        "model_index.json": INDEX,
        "transformer/config.json": TRANSFORMER,
        "text_encoder/config.json": TEXT_ENCODER,
        "vae/config.json": VAE,
        "scheduler/scheduler_config.json": {"num_train_timesteps": 1000, "shift": 4.0},
        "tokenizer/tokenizer_config.json": TOKENIZER,
        "pe/config.json": TEXT_ENCODER["text_config"] | {"model_type": "ministral3"},
        "pe_tokenizer/tokenizer_config.json": TOKENIZER,
    }
    for name, value in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    for file in ("transformer/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"):
        (folder / f"{file}.safetensors").write_bytes(b"\0" * 10)
    return folder

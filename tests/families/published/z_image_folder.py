"""A folder of Z-Image as it is published, without its weights: what its configurations say.

Written down from diffusers' ZImageTransformer2DModel, whose defaults are the published numbers, from
https://huggingface.co/Qwen/Qwen3-4B and from FLUX.1's autoencoder, which it has.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .klein_folder import TEXT_ENCODERS

TRANSFORMER: dict[str, Any] = {
    "all_patch_size": [2],
    "all_f_patch_size": [1],
    "in_channels": 16,
    "dim": 3840,
    "n_layers": 30,
    "n_refiner_layers": 2,
    "n_heads": 30,
    "n_kv_heads": 30,
    "norm_eps": 1e-05,
    "qk_norm": True,
    "cap_feat_dim": 2560,
    "rope_theta": 256.0,
    "t_scale": 1000.0,
    "axes_dims": [32, 48, 48],
    "axes_lens": [1536, 512, 512],
}
VAE: dict[str, Any] = {
    "block_out_channels": [128, 256, 512, 512],
    "latent_channels": 16,
    "layers_per_block": 2,
    "scaling_factor": 0.3611,
    "shift_factor": 0.1159,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
}
INDEX = {
    "_class_name": "ZImagePipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Qwen3Model"],
    "tokenizer": ["transformers", "Qwen2Tokenizer"],
    "transformer": ["diffusers", "ZImageTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def z_image_folder(folder: Path, shift: float) -> Path:
    """shift: of the schedule, 3 for Turbo and 6 for the base model. Its weights are empty."""
    written = {
        "model_index.json": INDEX,
        "transformer/config.json": TRANSFORMER,
        "text_encoder/config.json": TEXT_ENCODERS["4b"],
        "vae/config.json": VAE,
        "scheduler/scheduler_config.json": {
            "num_train_timesteps": 1000,
            "use_dynamic_shifting": False,
            "shift": shift,
        },
        "tokenizer/tokenizer_config.json": {"model_max_length": 131_072},
    }
    for name, value in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    for file in ("transformer/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"):
        (folder / f"{file}.safetensors").write_bytes(b"\0" * 10)
    return folder

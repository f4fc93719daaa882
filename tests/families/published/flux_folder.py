"""A folder of FLUX.1 as it is published, without its weights: what its configurations say.

Written down from diffusers' FluxTransformer2DModel, whose defaults are the published numbers, and from
https://huggingface.co/openai/clip-vit-large-patch14 and https://huggingface.co/google/t5-v1_1-xxl.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TRANSFORMER: dict[str, Any] = {
    "patch_size": 1,
    "num_layers": 19,
    "num_single_layers": 38,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 4096,
    "pooled_projection_dim": 768,
    "axes_dims_rope": [16, 56, 56],
}
CLIP: dict[str, Any] = {
    "vocab_size": 49_408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
    "projection_dim": 768,
    "hidden_act": "quick_gelu",
    "bos_token_id": 0,
    "eos_token_id": 2,
    "pad_token_id": 1,
}
T5: dict[str, Any] = {
    "vocab_size": 32_128,
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 10_240,
    "num_layers": 24,
    "num_decoder_layers": 24,
    "num_heads": 64,
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "feed_forward_proj": "gated-gelu",
    "tie_word_embeddings": False,
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
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "text_encoder_2": ["transformers", "T5EncoderModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "tokenizer_2": ["transformers", "T5TokenizerFast"],
    "transformer": ["diffusers", "FluxTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def flux_folder(folder: Path, kind: str) -> Path:
    """kind: dev, schnell, fill or kontext. Its weights are empty."""
    classes = {"fill": "FluxFillPipeline", "kontext": "FluxKontextPipeline"}
    shown = {"in_channels": 384, "out_channels": 64} if kind == "fill" else {"in_channels": 64}
    fixed = {"shift": 1.0, "use_dynamic_shifting": False}
    by_size = {"shift": 3.0, "use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 1.15}
    more = {"image_encoder": [None, None], "feature_extractor": [None, None]} if kind == "kontext" else {}
    written = {
        "model_index.json": {"_class_name": classes.get(kind, "FluxPipeline"), **INDEX, **more},
        "transformer/config.json": {**TRANSFORMER, **shown, "guidance_embeds": kind != "schnell"},
        "text_encoder/config.json": CLIP,
        "text_encoder_2/config.json": T5,
        "vae/config.json": VAE,
        "scheduler/scheduler_config.json": fixed if kind == "schnell" else by_size,
        "tokenizer/tokenizer_config.json": {"model_max_length": 77},
        "tokenizer_2/tokenizer_config.json": {
            "model_max_length": 512,
            "extra_ids": 100,
            "tokenizer_class": "T5Tokenizer",
        },
    }
    for name, value in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    pairs = (("transformer", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"))
    for part, file in (*pairs, ("text_encoder", "model"), ("text_encoder_2", "model")):
        (folder / part / f"{file}.safetensors").write_bytes(b"\0" * 10)
    return folder

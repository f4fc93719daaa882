"""Qwen-Image's text encoder as a single file, as ComfyUI keeps it, in its makers' names or in those of transformers.

What shapes do not tell is that of https://huggingface.co/Qwen/Qwen2.5-VL-7B-Instruct.
"""

from __future__ import annotations

from torch import nn
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from ...pipelines.part_sources import LANGUAGE, QWEN_VAE, SEEING, count_of, seeing_names
from ...pipelines.weight_files import Shapes, Source

HEAD, SECTIONS = 128, (16, 24, 24)  # of the language model, and what of a head tells time, row and column
SEEING_HEADS, SEEING_WHOLE = 16, (7, 15, 23, 31)  # of what sees; its layers that see whole pictures


def _text_encoder(shapes: Shapes) -> nn.Module:
    words, width = shapes[f"{LANGUAGE}embed_tokens.weight"]
    layer, block = f"{LANGUAGE}layers.0.", f"{SEEING}blocks.0."
    seeing, channels, frames, patch, _ = shapes[f"{SEEING}patch_embed.proj.weight"]
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": words,
            "hidden_size": width,
            "intermediate_size": shapes[f"{layer}mlp.gate_proj.weight"][0],
            "num_hidden_layers": count_of(shapes, f"{LANGUAGE}layers."),
            "num_attention_heads": shapes[f"{layer}self_attn.q_proj.weight"][0] // HEAD,
            "num_key_value_heads": shapes[f"{layer}self_attn.k_proj.weight"][0] // HEAD,
            "max_position_embeddings": 128_000,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {"rope_type": "default", "mrope_section": list(SECTIONS), "rope_theta": 1_000_000.0},
        },
        vision_config={
            "depth": count_of(shapes, f"{SEEING}blocks."),
            "hidden_size": seeing,
            "intermediate_size": shapes[f"{block}mlp.gate_proj.weight"][0],
            "num_heads": SEEING_HEADS,
            "in_channels": channels,
            "patch_size": patch,
            "temporal_patch_size": frames,
            "out_hidden_size": width,
            "fullatt_block_indexes": list(SEEING_WHOLE),
        },
        tie_word_embeddings="lm_head.weight" not in shapes,  # some leave out what writes words, which is not used
    )
    return Qwen2_5_VLForConditionalGeneration(config)


SOURCES = {
    "text_encoder": Source("Qwen2_5_VLForConditionalGeneration", _text_encoder, seeing_names),
    "vae": QWEN_VAE,
}

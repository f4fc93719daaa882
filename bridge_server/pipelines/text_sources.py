"""How the text encoders CLIP-L, CLIP-G and T5 are made of single files (models/part_files.py)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

from .part_sources import count_of
from .weight_files import Shapes, Source

CLIP_HEAD, CLIP_ROOT, CLIP_G_WIDTH = 64, "text_model.", 1280
PROJECTION = "text_projection.weight"


def _clip(shapes: Shapes) -> nn.Module:
    """The text encoder CLIP-L; https://huggingface.co/openai/clip-vit-large-patch14 has the constants."""
    return CLIPTextModel(_clip_config(shapes, ""))


def _clip_config(shapes: Shapes, root: str) -> CLIPTextConfig:
    """root: what comes before the names. CLIP-G's, https://huggingface.co/laion/CLIP-ViT-bigG-14-laion2B-39B-b160k, has
    another activation.
    """
    words, width = shapes[f"{root}embeddings.token_embedding.weight"]
    return CLIPTextConfig(
        vocab_size=words,
        hidden_size=width,
        intermediate_size=shapes[f"{root}encoder.layers.0.mlp.fc1.weight"][0],
        num_hidden_layers=count_of(shapes, f"{root}encoder.layers."),
        num_attention_heads=max(1, width // CLIP_HEAD),
        max_position_embeddings=shapes[f"{root}embeddings.position_embedding.weight"][0],
        projection_dim=width,
        hidden_act="quick_gelu" if width < CLIP_G_WIDTH else "gelu",
        eos_token_id=2,  # so published: the prompt is summed up at the token of the highest number, which ends it
    )


def _summing_clip(shapes: Shapes) -> nn.Module:
    """CLIP with the projection of its summary."""
    return CLIPTextModelWithProjection(_clip_config(shapes, CLIP_ROOT))


def _summing_names(tensors: dict[str, Any]) -> dict[str, Any]:
    kept = (CLIP_ROOT, PROJECTION)
    named = {name: tensor for name, tensor in tensors.items() if name.startswith(kept)}
    named.pop(f"{CLIP_ROOT}embeddings.position_ids", None)
    return named


def _plain_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """Stable Diffusion 3 takes CLIP-L's summary as it is, also where a file has a projection."""
    (width,) = tensors[f"{CLIP_ROOT}final_layer_norm.weight"].shape
    return _summing_names(tensors) | {PROJECTION: torch.eye(width)}


def _clip_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """transformers' names have lost their beginning. What belongs to the comparison with pictures is left out."""
    named = {name.removeprefix(CLIP_ROOT): tensor for name, tensor in tensors.items() if name.startswith(CLIP_ROOT)}
    named.pop("embeddings.position_ids", None)
    return named


def _t5(shapes: Shapes) -> nn.Module:
    """The encoder of T5 1.1; https://huggingface.co/google/t5-v1_1-xxl has the constants."""
    words, width = shapes["shared.weight"]
    layer = "encoder.block.0.layer."
    buckets, heads = shapes[f"{layer}0.SelfAttention.relative_attention_bias.weight"]
    config = T5Config(
        vocab_size=words,
        d_model=width,
        d_kv=shapes[f"{layer}0.SelfAttention.q.weight"][0] // heads,
        d_ff=shapes[f"{layer}1.DenseReluDense.wi_0.weight"][0],
        num_layers=count_of(shapes, "encoder.block."),
        num_heads=heads,
        relative_attention_num_buckets=buckets,
        feed_forward_proj="gated-gelu",
    )
    return T5EncoderModel(config)


_T5_OF_GGUF = (  # llama.cpp's names
    (r"^token_embd\.", "shared."),
    (r"^enc\.output_norm\.", "encoder.final_layer_norm."),
    (r"^enc\.blk\.(\d+)\.attn_(q|k|v|o)\.", r"encoder.block.\1.layer.0.SelfAttention.\2."),
    (r"^enc\.blk\.(\d+)\.attn_rel_b\.", r"encoder.block.\1.layer.0.SelfAttention.relative_attention_bias."),
    (r"^enc\.blk\.(\d+)\.attn_norm\.", r"encoder.block.\1.layer.0.layer_norm."),
    (r"^enc\.blk\.(\d+)\.ffn_gate\.", r"encoder.block.\1.layer.1.DenseReluDense.wi_0."),
    (r"^enc\.blk\.(\d+)\.ffn_up\.", r"encoder.block.\1.layer.1.DenseReluDense.wi_1."),
    (r"^enc\.blk\.(\d+)\.ffn_down\.", r"encoder.block.\1.layer.1.DenseReluDense.wo."),
    (r"^enc\.blk\.(\d+)\.ffn_norm\.", r"encoder.block.\1.layer.1.layer_norm."),
)


def _t5_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """By transformers' names, the words once, and without what writes."""
    named: dict[str, Any] = {}
    for name, tensor in tensors.items():
        for theirs, ours in _T5_OF_GGUF:
            name = re.sub(theirs, ours, name)
        if name.startswith(("encoder.", "shared.")):
            named[name] = tensor
    words = named.pop("encoder.embed_tokens.weight", None)
    return named if words is None else {"shared.weight": words, **named}


def inside(source: Source, *roots: str) -> Source:
    """The same of a file that may have other components, too, whose tensors' names begin with one of these then."""

    def convert(tensors: dict[str, Any]) -> dict[str, Any]:
        root = next((root for root in roots if any(name.startswith(root) for name in tensors)), "")
        own = {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}
        return source.convert(own)

    return replace(source, convert=convert)


CLIP = Source("CLIPTextModel", _clip, _clip_names)
SUMMING_CLIP = Source("CLIPTextModelWithProjection", _summing_clip, _summing_names)
PLAIN_CLIP = Source("CLIPTextModelWithProjection without a projection", _summing_clip, _plain_names)
T5 = Source("T5EncoderModel", _t5, _t5_names)

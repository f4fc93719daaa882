"""A single file with Krea 2's transformer, in the names of its makers' code or of diffusers'."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffusers.loaders.single_file_utils import convert_krea2_transformer_checkpoint_to_diffusers
from diffusers.models.transformers.transformer_krea2 import Krea2Transformer2DModel

from ...models.reading import read_json
from ...pipelines.part_sources import count_of
from ...pipelines.weight_files import Shapes, Source
from .layout import DIFFUSERS, UNUSED, root_of
from .spec import COMPONENTS

AXES = (1 / 4, 3 / 8, 3 / 8)  # what of a head tells time, row and column


def transformer(folder: Path | None = None) -> Source:
    """folder: in the diffusers layout, whose configuration counts; None: what the shapes tell."""
    if folder is None:
        return Source("Krea2Transformer2DModel", lambda shapes: _made(_config(shapes)), _named)
    path = folder / "transformer" / COMPONENTS["transformer"].config
    return Source("Krea2Transformer2DModel", lambda _shapes: _made(read_json(path)), _named)


def _made(config: Mapping[str, Any]) -> Any:
    return Krea2Transformer2DModel.from_config(dict(config))


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    own = {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}
    if DIFFUSERS in own:
        return own
    return convert_krea2_transformer_checkpoint_to_diffusers(
        {name: tensor for name, tensor in own.items() if name not in UNUSED}
    )


def _config(shapes: Shapes) -> dict[str, Any]:
    """Of the published sizes, for diffusers' names."""
    width, values = shapes["img_in.weight"]
    block, text = "transformer_blocks.0.", "text_fusion.layerwise_blocks.0."
    (head,) = shapes[f"{block}attn.norm_q.weight"]
    (text_head,) = shapes[f"{text}attn.norm_q.weight"]
    return {
        "in_channels": values,
        "num_layers": count_of(shapes, "transformer_blocks."),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "num_key_value_heads": shapes[f"{block}attn.to_k.weight"][0] // head,
        "intermediate_size": shapes[f"{block}ff.gate.weight"][0],
        "timestep_embed_dim": shapes["time_embed.linear_1.weight"][1],
        "text_hidden_dim": shapes["txt_in.linear_1.weight"][1],
        "num_text_layers": shapes[DIFFUSERS][1],
        "text_num_attention_heads": shapes[f"{text}attn.to_q.weight"][0] // text_head,
        "text_num_key_value_heads": shapes[f"{text}attn.to_k.weight"][0] // text_head,
        "text_intermediate_size": shapes[f"{text}ff.gate.weight"][0],
        "num_layerwise_text_blocks": count_of(shapes, "text_fusion.layerwise_blocks."),
        "num_refiner_text_blocks": count_of(shapes, "text_fusion.refiner_blocks."),
        "axes_dims_rope": [round(head * share) for share in AXES],
    }

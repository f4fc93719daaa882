"""A single file with FLUX.2 Klein's transformer, in the names of its makers' code or of diffusers'."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffusers.loaders.single_file_utils import convert_flux2_transformer_checkpoint_to_diffusers
from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel

from ...models.reading import read_json
from ...pipelines.part_sources import count_of
from ...pipelines.weight_files import Shapes, Source
from .layout import root_of
from .spec import COMPONENTS

AXES = 4  # of the places of tokens
SCHEDULER = {"use_dynamic_shifting": True, "shift": 3.0}  # of the published folders


def transformer(folder: Path | None = None) -> Source:
    """folder: in the diffusers layout, whose configuration counts; None: what the shapes tell."""
    if folder is None:
        return Source("Flux2Transformer2DModel", lambda shapes: _made(_config(shapes)), _named)
    path = folder / "transformer" / COMPONENTS["transformer"].config
    return Source("Flux2Transformer2DModel", lambda _shapes: _made(read_json(path)), _named)


def _made(config: Mapping[str, Any]) -> Any:
    return Flux2Transformer2DModel.from_config(dict(config))


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    own = {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}
    return own if "x_embedder.weight" in own else convert_flux2_transformer_checkpoint_to_diffusers(own)


def _config(shapes: Shapes) -> dict[str, Any]:
    """Of the published sizes, for diffusers' names."""
    width, channels = shapes["x_embedder.weight"]
    (head,) = shapes["transformer_blocks.0.attn.norm_q.weight"]
    time = "time_guidance_embed"
    return {
        "in_channels": channels,
        "out_channels": shapes["proj_out.weight"][0],
        "num_layers": count_of(shapes, "transformer_blocks."),
        "num_single_layers": count_of(shapes, "single_transformer_blocks."),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "timestep_guidance_channels": shapes[f"{time}.timestep_embedder.linear_1.weight"][1],
        "mlp_ratio": shapes["transformer_blocks.0.ff.linear_out.weight"][1] / width,
        "axes_dims_rope": [head // AXES] * AXES,
        "guidance_embeds": f"{time}.guidance_embedder.linear_1.weight" in shapes,
    }

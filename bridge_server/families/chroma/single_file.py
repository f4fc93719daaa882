"""A single file with Chroma's transformer, in the names of its makers' code or of diffusers'."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from diffusers.models.transformers.transformer_chroma import ChromaTransformer2DModel

from ...pipelines.part_sources import count_of
from ...pipelines.weight_files import Shapes, Source
from ..flux1.single_file import AXES
from ..flux1.single_file import transformer as flux_transformer
from .layout import APPROXIMATOR, root_of
from .names import OF_APPROXIMATOR

_BLOCKS_NORM = re.compile(r"(.+\.(?:query|key)_norm)\.weight")  # as newer programs write them
_LAYER = re.compile(r"(.+layers\.\d+)\.(in_layer|out_layer)\.(.+)")


def transformer(_folder: Path | None = None) -> Source:
    """Of what the shapes tell: the folder of the rest may be that of another kind."""
    return Source("ChromaTransformer2DModel", _made, _named)


def _made(shapes: Shapes) -> Any:
    return ChromaTransformer2DModel.from_config(_config(shapes))


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    own = {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}
    return flux_transformer().convert({_renamed(name): tensor for name, tensor in own.items()})


def _renamed(name: str) -> str:
    """What a tensor of the approximator is in diffusers, and what others are in FLUX.1's files."""
    if not name.startswith(APPROXIMATOR):
        norm = _BLOCKS_NORM.fullmatch(name)
        return f"{norm[1]}.scale" if norm else name
    layer = _LAYER.fullmatch(name)
    if layer is not None:
        return f"{layer[1]}.{OF_APPROXIMATOR[layer[2]]}.{layer[3]}"
    return re.sub(r"(norms\.\d+)\.scale$", r"\1.weight", name)


def _config(shapes: Shapes) -> dict[str, Any]:
    """For diffusers' names."""
    width, shown = shapes["x_embedder.weight"]
    (head,) = shapes["transformer_blocks.0.attn.norm_q.weight"]
    between, told = shapes[f"{APPROXIMATOR}in_proj.weight"]
    return {
        "patch_size": 1,
        "in_channels": shown,
        "out_channels": shapes["proj_out.weight"][0],
        "num_layers": count_of(shapes, "transformer_blocks."),
        "num_single_layers": count_of(shapes, "single_transformer_blocks."),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "axes_dims_rope": [round(head * share) for share in AXES],
        "approximator_num_channels": told,
        "approximator_hidden_dim": between,
        "approximator_layers": count_of(shapes, f"{APPROXIMATOR}layers."),
    }

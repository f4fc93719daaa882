"""A single file with FLUX.1's transformer, in the names of its makers' code or of diffusers'; it may have all else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel

from ...pipelines.part_sources import FLUX_VAE, count_of
from ...pipelines.text_sources import CLIP, T5, inside
from ...pipelines.weight_files import Shapes, Source
from .layout import INSIDE, root_of
from .names import BLOCKS, NORMS, OF_DOUBLE, OF_SINGLE, PLAIN, SEVERAL, SWAPPED

AXES = (1 / 8, 7 / 16, 7 / 16)  # what of a head tells the kind of picture, row and column
_BLOCK = re.compile(r"(double_blocks|single_blocks)\.(\d+)\.(.+)")
_KINDS = (".weight", ".bias")
SOURCES = {
    name: inside(source, INSIDE[name][0])
    for name, source in {"text_encoder": CLIP, "text_encoder_2": T5, "vae": FLUX_VAE}.items()
}


def transformer(_folder: Path | None = None) -> Source:
    """Of what the shapes tell: the folder of the rest may be that of another kind."""
    return Source("FluxTransformer2DModel", _made, _named)


def _made(shapes: Shapes) -> Any:
    return FluxTransformer2DModel.from_config(_config(shapes))


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    others = () if root else tuple(start for start, _ in INSIDE.values())
    own = {
        name.removeprefix(root): tensor
        for name, tensor in tensors.items()
        if name.startswith(root) and not (others and name.startswith(others))
    }
    return {ours: tensor for name, value in own.items() for ours, tensor in _renamed(name, value)}


def _renamed(name: str, tensor: Any) -> Iterator[tuple[str, Any]]:
    """What a tensor is in diffusers; names of diffusers stay."""
    layer, kind = next(((name.removesuffix(end), end) for end in _KINDS if name.endswith(end)), (name, ""))
    if layer in PLAIN:
        yield PLAIN[layer] + kind, tensor
    elif layer in SWAPPED:
        yield SWAPPED[layer] + kind, torch.cat(tensor.chunk(2)[::-1])
    elif (found := _BLOCK.fullmatch(layer)) is not None:
        start, inner = f"{BLOCKS[found[1]]}.{found[2]}.", found[3]
        yield from ((start + ours, values) for ours, values in _of_block(inner, kind, tensor))
    else:
        yield name, tensor


def _of_block(layer: str, kind: str, tensor: Any) -> Iterator[tuple[str, Any]]:
    if layer in SEVERAL:
        share = len(tensor) // sum(SEVERAL[layer].values())
        pieces = tensor.split([share * of for of in SEVERAL[layer].values()])
        yield from ((ours + kind, piece) for ours, piece in zip(SEVERAL[layer], pieces, strict=True))
    elif layer in NORMS:
        yield NORMS[layer], tensor
    else:
        yield {**OF_DOUBLE, **OF_SINGLE}.get(layer, layer) + kind, tensor


def _config(shapes: Shapes) -> dict[str, Any]:
    """For diffusers' names."""
    width, shown = shapes["x_embedder.weight"]
    (head,) = shapes["transformer_blocks.0.attn.norm_q.weight"]
    return {
        "patch_size": 1,
        "in_channels": shown,
        "out_channels": shapes["proj_out.weight"][0],
        "num_layers": count_of(shapes, "transformer_blocks."),
        "num_single_layers": count_of(shapes, "single_transformer_blocks."),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "pooled_projection_dim": shapes["time_text_embed.text_embedder.linear_1.weight"][1],
        "guidance_embeds": "time_text_embed.guidance_embedder.linear_1.weight" in shapes,
        "axes_dims_rope": [round(head * share) for share in AXES],
    }

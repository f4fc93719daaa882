"""A single file with Z-Image's transformer, in the names of its makers' code or of diffusers'."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffusers.loaders.single_file_utils import convert_z_image_transformer_checkpoint_to_diffusers
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel

from ...models.reading import read_json
from ...pipelines.part_sources import count_of
from ...pipelines.weight_files import Shapes, Source
from .layout import DIFFUSERS, root_of
from .spec import COMPONENTS, VALUES

UNUSED = "norm_final.weight"  # of Lumina 2, whose layers some programs write as well
PADS = ("x_pad_token", "cap_pad_token")  # rows of a matrix, which some programs write as lists of numbers


def transformer(folder: Path | None = None) -> Source:
    """folder: in the diffusers layout, whose configuration counts; None: what the shapes tell."""
    if folder is None:
        return Source("ZImageTransformer2DModel", lambda shapes: _made(_config(shapes)), _named)
    path = folder / "transformer" / COMPONENTS["transformer"].config
    return Source("ZImageTransformer2DModel", lambda _shapes: _made(read_json(path)), _named)


def _made(config: Mapping[str, Any]) -> Any:
    return ZImageTransformer2DModel.from_config(dict(config))


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    own = {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}
    own.pop(UNUSED, None)
    named = own if DIFFUSERS in own else convert_z_image_transformer_checkpoint_to_diffusers(own)
    return named | {name: named[name][None] for name in PADS if name in named and named[name].ndim == 1}


def _config(shapes: Shapes) -> dict[str, Any]:
    """Of the published sizes, for diffusers' names."""
    width, values = shapes[DIFFUSERS]
    (head,) = shapes["layers.0.attention.norm_q.weight"]
    return {
        "in_channels": values // VALUES,
        "dim": width,
        "n_layers": count_of(shapes, "layers."),
        "n_refiner_layers": count_of(shapes, "noise_refiner."),
        "n_heads": width // head,
        "n_kv_heads": width // head,
        "cap_feat_dim": shapes["cap_embedder.1.weight"][1],
        "axes_dims": [head // 4, head * 3 // 8, head * 3 // 8],
        "axes_lens": [1536, 512, 512],
    }

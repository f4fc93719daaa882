"""A single file with ERNIE-Image's transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers.models.transformers.transformer_ernie_image import ErnieImageTransformer2DModel

from ...models.reading import read_json
from ...pipelines.part_sources import count_of
from ...pipelines.weight_files import Shapes, Source
from .layout import PICTURE_IN, TEXT_IN, root_of
from .spec import COMPONENTS

AXES = (1 / 4, 3 / 8, 3 / 8)  # what of a head tells text, row and column


def transformer(folder: Path | None = None) -> Source:
    """folder: in the diffusers layout, whose configuration counts; None: what the shapes tell."""

    def made(shapes: Shapes) -> Any:
        path = None if folder is None else folder / "transformer" / COMPONENTS["transformer"].config
        return ErnieImageTransformer2DModel.from_config(_config(shapes) if path is None else read_json(path))

    return Source("ErnieImageTransformer2DModel", made, _named)


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    return {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}


def _config(shapes: Shapes) -> dict[str, Any]:
    width, channels = shapes[PICTURE_IN][:2]
    (head,) = shapes["layers.0.self_attention.norm_q.weight"]
    return {
        "hidden_size": width,
        "num_attention_heads": width // head,
        "num_layers": count_of(shapes, "layers."),
        "ffn_hidden_size": shapes["layers.0.mlp.gate_proj.weight"][0],
        "in_channels": channels,
        "out_channels": shapes["final_linear.weight"][0],
        "text_in_dim": shapes[TEXT_IN][1],
        "rope_axes_dim": tuple(round(head * share) for share in AXES),
    }

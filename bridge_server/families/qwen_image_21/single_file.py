"""A single file with Qwen-Image 2.1's transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers.models.transformers.transformer_qwenimage21 import QwenImage21Transformer2DModel

from ...models.reading import read_json
from ...pipelines.weight_files import Shapes, Source
from ..qwen_image.layout import blocks_of
from ..qwen_image.single_file import AXES
from .layout import root_of
from .spec import COMPONENTS

ONE, TWO = ".img_mlp.gate_up.", (".img_mlp.gate_layer.", ".img_mlp.proj.")  # below one another, as ComfyUI has them


def transformer(folder: Path | None = None) -> Source:
    """folder: in the diffusers layout, whose configuration counts; None: what the shapes tell."""

    def made(shapes: Shapes) -> Any:
        path = None if folder is None else folder / "transformer" / COMPONENTS["transformer"].config
        return QwenImage21Transformer2DModel.from_config(_config(shapes) if path is None else read_json(path))

    return Source("QwenImage21Transformer2DModel", made, _named)


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    named: dict[str, Any] = {}
    for name, tensor in tensors.items():
        if not name.startswith(root):
            continue
        own = name.removeprefix(root)
        if ONE in own:
            named |= {own.replace(ONE, two): half for two, half in zip(TWO, tensor.chunk(2), strict=True)}
        else:
            named[own] = tensor
    return named


def _config(shapes: Shapes) -> dict[str, Any]:
    """For diffusers' names."""
    width, values = shapes["img_in.weight"]
    (head,) = shapes["transformer_blocks.0.attn.norm_q.weight"]
    return {
        "in_channels": values,
        "out_channels": shapes["proj_out.weight"][0],
        "num_layers": blocks_of(shapes, ""),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "context_in_dim": shapes["txt_in.in_layer.weight"][1],
        "mlp_ratio": shapes["transformer_blocks.0.img_mlp.out.weight"][1] // width,
        "axes_dims_rope": [round(head * share) for share in AXES],
    }

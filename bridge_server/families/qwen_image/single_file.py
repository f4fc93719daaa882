"""A single file with Qwen-Image's transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel

from ...models.gguf import told_of
from ...models.reading import read_json
from ...pipelines.weight_files import Shapes, Source
from .layout import FROM_ZERO, LAYER_MARK, blocks_of, root_of
from .spec import COMPONENTS, VALUES

CONFIG = COMPONENTS["transformer"].config


AXES = (1 / 8, 7 / 16, 7 / 16)  # what of a head tells time, row and column
SCHEDULER = {  # of the published folders
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 0.9,
    "max_image_seq_len": 8192,
    "shift_terminal": 0.02,
}


def transformer(file: Path, folder: Path | None = None) -> Source:
    """folder: in the diffusers layout, whose configuration counts, but for what the file says of its own; None: what
    the shapes tell.
    """

    def made(shapes: Shapes) -> Any:
        config = _config(shapes) if folder is None else read_json(folder / "transformer" / CONFIG)
        names = told_of(file).header.shapes
        marked = {"zero_cond_t": True} if (root_of(names) or "") + FROM_ZERO in names else {}
        return QwenImageTransformer2DModel.from_config({**config, **marked})

    return Source("QwenImageTransformer2DModel", made, _named)


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    own = {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}
    own.pop(FROM_ZERO, None)
    return own


def _config(shapes: Shapes) -> dict[str, Any]:
    """For diffusers' names."""
    width, values = shapes["img_in.weight"]
    (head,) = shapes["transformer_blocks.0.attn.norm_q.weight"]
    divides = {"use_additional_t_cond": True, "use_layer3d_rope": True} if LAYER_MARK in shapes else {}
    return {
        **divides,
        "in_channels": values,
        "out_channels": shapes["proj_out.weight"][0] // VALUES,
        "num_layers": blocks_of(shapes, ""),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["txt_in.weight"][1],
        "axes_dims_rope": [round(head * share) for share in AXES],
    }

"""A single file with Qwen-Image's transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel

from ...models.header import read_header
from ...models.reading import read_json
from ...pipelines.weight_files import Source
from .layout import FROM_ZERO, root_of
from .spec import COMPONENTS


def transformer(file: Path, folder: Path) -> Source:
    """folder: in the diffusers layout, whose configuration counts, but for what the file says of its own."""
    path = folder / "transformer" / COMPONENTS["transformer"].config

    def made(_shapes: object) -> Any:
        names = read_header(file).header.shapes
        marked = {"zero_cond_t": True} if (root_of(names) or "") + FROM_ZERO in names else {}
        return QwenImageTransformer2DModel.from_config({**read_json(path), **marked})

    return Source("QwenImageTransformer2DModel", made, _named)


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    own = {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}
    own.pop(FROM_ZERO, None)
    return own

"""A single file with Qwen-Image's transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel

from ...models.reading import read_json
from ...pipelines.weight_files import Source
from .layout import root_of
from .spec import COMPONENTS


def transformer(folder: Path) -> Source:
    """folder: in the diffusers layout, whose configuration counts."""
    path = folder / "transformer" / COMPONENTS["transformer"].config

    def made(_shapes: object) -> Any:
        return QwenImageTransformer2DModel.from_config(dict(read_json(path)))

    return Source("QwenImageTransformer2DModel", made, _named)


def _named(tensors: dict[str, Any]) -> dict[str, Any]:
    root = root_of(tensors) or ""
    return {name.removeprefix(root): tensor for name, tensor in tensors.items() if name.startswith(root)}

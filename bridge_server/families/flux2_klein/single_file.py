"""Reads a single file with FLUX.2 Klein's transformer, in the names of its makers' code or of diffusers'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel
from safetensors import safe_open

from .layout import root_of


def read_transformer(file: Path, folder: Path, dtype: torch.dtype) -> Any:
    """folder: with the configuration in the diffusers layout. Raises what libraries raise for damaged files."""
    with safe_open(file, framework="pt") as tensors:
        names = list(tensors.keys())
        root = root_of(names) or ""
        weights: Any = {name.removeprefix(root): tensors.get_tensor(name) for name in names if name.startswith(root)}
    return Flux2Transformer2DModel.from_single_file(
        weights, config=str(folder), subfolder="transformer", local_files_only=True, torch_dtype=dtype
    )

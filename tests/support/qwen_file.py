"""A tiny Qwen-Image's transformer as one file, with the rest in its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path


def write_file(folder: Path, file: Path, root: str) -> Path:
    """folder: in the diffusers layout. root: what is written before each name. Beside it, its layerbridge.json."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    file.parent.mkdir(exist_ok=True)
    save_file({f"{root}{name}": tensor for name, tensor in weights.items()}, file)
    settings = json.loads((folder / "layerbridge.json").read_text())
    settings = {"native_resolution": settings["native_resolution"], "config": os.path.relpath(folder, file.parent)}
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(settings))
    return file

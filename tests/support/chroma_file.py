"""A tiny Chroma's transformer as one file, in the names of its makers' code, with the rest in its folder or in files
where ComfyUI has them.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from .flux_file import makers_names as flux_names
from .flux_file import save, weights_of
from .klein_file import makers_vae

APPROXIMATOR = "distilled_guidance_layer."


def makers_names(weights: dict[str, Any]) -> dict[str, Any]:
    ours = {name: tensor for name, tensor in weights.items() if name.startswith(APPROXIMATOR)}
    named = flux_names({name: tensor for name, tensor in weights.items() if name not in ours})
    for name, tensor in ours.items():
        theirs = name.replace("linear_1", "in_layer").replace("linear_2", "out_layer")
        named[theirs.replace(".weight", ".scale") if ".norms." in theirs else theirs] = tensor
    return named


def write_file(folder: Path, file: Path, root: str, family: str) -> Path:
    """folder: in the diffusers layout. root: what is written before each name. Beside it, its layerbridge.json."""
    save({f"{root}{name}": tensor for name, tensor in makers_names(weights_of(folder, "transformer")).items()}, file)
    _settings(folder, file, family, config=os.path.relpath(folder, file.parent))
    return file


def write_comfy(folder: Path, models: Path, *, name: str, family: str) -> Path:
    """The parts where ComfyUI has them, T5's tokenizer in a folder; returns the transformer's file.

    folder: in the diffusers layout. models: ComfyUI's folder of that name.
    """
    for kind in ("diffusion_models", "text_encoders", "vae"):
        (models / kind).mkdir(parents=True)
    file = models / "diffusion_models" / f"{name}.safetensors"
    save(makers_names(weights_of(folder, "transformer")), file)
    save(weights_of(folder, "text_encoder"), models / "text_encoders" / "t5xxl.safetensors")
    save(makers_vae(weights_of(folder, "vae")), models / "vae" / "ae.safetensors")
    shutil.copytree(folder / "tokenizer", models / "tokenizers" / "t5")
    _settings(folder, file, family, native_resolution=64, size_multiple=8)
    return file


def _settings(folder: Path, file: Path, family: str, **more: object) -> None:
    told = json.loads((folder / "layerbridge.json").read_text()) | {"family": family} | more
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(told))

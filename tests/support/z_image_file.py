"""A tiny Z-Image's transformer as one file, in the names of its makers' code, with the rest in its folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from .klein_file import makers_vae

RENAMED = {
    "all_x_embedder.2-1.": "x_embedder.",
    "all_final_layer.2-1.": "final_layer.",
    ".attention.to_out.0.": ".attention.out.",
    ".attention.norm_q.": ".attention.q_norm.",
    ".attention.norm_k.": ".attention.k_norm.",
}
QUERIES = ".attention.to_q."


def write_file(folder: Path, file: Path, root: str, family: str) -> Path:
    """folder: in the diffusers layout. root: what is written before each name. Beside it, its layerbridge.json."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    named = makers_names(weights)
    assert sum(tensor.numel() for tensor in named.values()) == sum(tensor.numel() for tensor in weights.values())
    save_file({f"{root}{name}": tensor.contiguous() for name, tensor in named.items()}, file)
    settings = json.loads((folder / "layerbridge.json").read_text())
    settings |= {"family": family, "config": os.path.relpath(folder, file.parent)}
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(settings))
    return file


def write_comfy(folder: Path, models: Path, *, name: str, family: str) -> Path:
    """The parts where ComfyUI has them, the tokenizer in a folder; returns the transformer's file.

    folder: in the diffusers layout. models: ComfyUI's folder of that name.
    """
    from safetensors.torch import load_file, save_file

    for kind in ("diffusion_models", "text_encoders", "vae"):
        (models / kind).mkdir(parents=True)
    file = write_file(folder, models / "diffusion_models" / f"{name}.safetensors", "", family)
    encoder = load_file(folder / "text_encoder" / "model.safetensors")
    save_file({f"model.{name}": tensor for name, tensor in encoder.items()}, models / "text_encoders/qwen.safetensors")
    save_file(
        makers_vae(load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")), models / "vae/ae.safetensors"
    )
    shutil.copytree(folder / "tokenizer", models / "tokenizers" / "qwen3")
    config = models / "tokenizers" / "qwen3" / "tokenizer_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"response": "<think>"}))
    beside = file.with_name(f"{name}.layerbridge.json")
    told = {"native_resolution": 64, "size_multiple": 8, **json.loads(beside.read_text())}
    beside.write_text(json.dumps({key: value for key, value in told.items() if key != "config"}))
    return file


def makers_names(weights: dict[str, Any]) -> dict[str, Any]:
    import torch

    named: dict[str, Any] = {}
    for name, tensor in weights.items():
        if QUERIES in name:
            parts = [weights[name.replace(QUERIES, f".attention.to_{part}.")] for part in "qkv"]
            named[name.replace(QUERIES, ".attention.qkv.")] = torch.cat(parts)
        elif ".attention.to_k." not in name and ".attention.to_v." not in name:
            for ours, theirs in RENAMED.items():
                name = name.replace(ours, theirs)
            named[name] = tensor
    return named

"""A tiny FLUX.1's transformer as one file, in the names of its makers' code, with the rest in its folder, in files
where ComfyUI has them, or in the same file.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from .klein_file import makers_vae

TIME = "time_text_embed."
LAYERS = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    f"{TIME}timestep_embedder.linear_1": "time_in.in_layer",
    f"{TIME}timestep_embedder.linear_2": "time_in.out_layer",
    f"{TIME}text_embedder.linear_1": "vector_in.in_layer",
    f"{TIME}text_embedder.linear_2": "vector_in.out_layer",
    f"{TIME}guidance_embedder.linear_1": "guidance_in.in_layer",
    f"{TIME}guidance_embedder.linear_2": "guidance_in.out_layer",
    "proj_out": "final_layer.linear",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
}
DOUBLE = {
    "norm1.linear": "img_mod.lin",
    "norm1_context.linear": "txt_mod.lin",
    "attn.to_q": "img_attn.qkv",
    "attn.add_q_proj": "txt_attn.qkv",
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "ff.net.0.proj": "img_mlp.0",
    "ff.net.2": "img_mlp.2",
    "ff_context.net.0.proj": "txt_mlp.0",
    "ff_context.net.2": "txt_mlp.2",
    "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm",
    "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm",
}
SINGLE = {
    "norm.linear": "modulation.lin",
    "attn.to_q": "linear1",
    "proj_out": "linear2",
    "attn.norm_q": "norm.query_norm",
    "attn.norm_k": "norm.key_norm",
}
JOINED = ("attn.to_k", "attn.to_v", "attn.add_k_proj", "attn.add_v_proj", "proj_mlp")  # are part of others


def makers_names(weights: dict[str, Any]) -> dict[str, Any]:
    import torch

    named: dict[str, Any] = {}
    for name, tensor in weights.items():
        layer, _, kind = name.rpartition(".")
        if layer.endswith(JOINED):
            continue
        if layer == "norm_out.linear":
            tensor = torch.cat(tensor.chunk(2)[::-1])
        if layer in LAYERS:
            named[f"{LAYERS[layer]}.{kind}"] = tensor
            continue
        blocks, block, inner = layer.split(".", 2)
        is_single = blocks.startswith("single")
        if inner in ("attn.to_q", "attn.add_q_proj"):
            ends = [inner, inner.replace("q", "k"), inner.replace("q", "v"), *(["proj_mlp"] if is_single else [])]
            tensor = torch.cat([weights[f"{blocks}.{block}.{end}.{kind}"] for end in ends])
        theirs = (SINGLE if is_single else DOUBLE)[inner]
        end = "scale" if theirs.endswith("_norm") else kind
        named[f"{'single' if is_single else 'double'}_blocks.{block}.{theirs}.{end}"] = tensor
    assert sum(tensor.numel() for tensor in named.values()) == sum(tensor.numel() for tensor in weights.values())
    return named


def write_file(folder: Path, file: Path, root: str, family: str) -> Path:
    """folder: in the diffusers layout. root: what is written before each name. Beside it, its layerbridge.json."""
    save({f"{root}{name}": tensor for name, tensor in makers_names(weights_of(folder, "transformer")).items()}, file)
    settings = json.loads((folder / "layerbridge.json").read_text())
    settings |= {"family": family, "config": os.path.relpath(folder, file.parent)}
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(settings))
    return file


def write_comfy(folder: Path, models: Path, *, name: str, family: str) -> Path:
    """The parts where ComfyUI has them, T5's tokenizer in a folder; returns the transformer's file.

    folder: in the diffusers layout. models: ComfyUI's folder of that name.
    """
    for kind in ("diffusion_models", "text_encoders", "vae"):
        (models / kind).mkdir(parents=True)
    file = models / "diffusion_models" / f"{name}.safetensors"
    save(makers_names(weights_of(folder, "transformer")), file)
    save(clip_names(folder), models / "text_encoders" / "clip_l.safetensors")
    save(weights_of(folder, "text_encoder_2"), models / "text_encoders" / "t5xxl.safetensors")
    save(makers_vae(weights_of(folder, "vae")), models / "vae" / "ae.safetensors")
    shutil.copytree(folder / "tokenizer_2", models / "tokenizers" / "t5")
    _settings(folder, file, family)
    return file


def write_whole(folder: Path, file: Path, family: str) -> Path:
    """All in one file, as ComfyUI's checkpoints for low memory have it, but T5's tokenizer, which is beside it."""
    parts = {
        "model.diffusion_model.": makers_names(weights_of(folder, "transformer")),
        "text_encoders.clip_l.transformer.": clip_names(folder),
        "text_encoders.t5xxl.transformer.": weights_of(folder, "text_encoder_2"),
        "vae.": makers_vae(weights_of(folder, "vae")),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    save({f"{root}{name}": tensor for root, named in parts.items() for name, tensor in named.items()}, file)
    shutil.copytree(folder / "tokenizer_2", file.parent / "t5")
    _settings(folder, file, family)
    return file


def weights_of(folder: Path, part: str) -> dict[str, Any]:
    from safetensors.torch import load_file

    (file,) = (folder / part).glob("*.safetensors")
    return load_file(file)


def clip_names(folder: Path) -> dict[str, Any]:
    return {
        name if name.startswith("text_model.") else f"text_model.{name}": tensor
        for name, tensor in weights_of(folder, "text_encoder").items()
    }


def save(tensors: dict[str, Any], file: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, file)


def _settings(folder: Path, file: Path, family: str) -> None:
    told = json.loads((folder / "layerbridge.json").read_text())
    told |= {"native_resolution": 64, "size_multiple": 8, "family": family}
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(told))

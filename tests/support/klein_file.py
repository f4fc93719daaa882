"""A tiny FLUX.2 Klein's transformer as one file, in the names of its makers' code, with the rest in its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

PLAIN = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_guidance_embed.timestep_embedder.linear_1",
    "time_in.out_layer": "time_guidance_embed.timestep_embedder.linear_2",
    "double_stream_modulation_img.lin": "double_stream_modulation_img.linear",
    "double_stream_modulation_txt.lin": "double_stream_modulation_txt.linear",
    "single_stream_modulation.lin": "single_stream_modulation.linear",
    "final_layer.linear": "proj_out",
}
DOUBLE = {
    "img_attn.proj": "attn.to_out.0",
    "img_mlp.0": "ff.linear_in",
    "img_mlp.2": "ff.linear_out",
    "txt_attn.proj": "attn.to_add_out",
    "txt_mlp.0": "ff_context.linear_in",
    "txt_mlp.2": "ff_context.linear_out",
}
SINGLE = {"linear1": "attn.to_qkv_mlp_proj", "linear2": "attn.to_out"}
FUSED = {"img": ("to_q", "to_k", "to_v"), "txt": ("add_q_proj", "add_k_proj", "add_v_proj")}
NORMS = {"img": ("norm_q", "norm_k"), "txt": ("norm_added_q", "norm_added_k")}
KINDS = ("query", "key")


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


def makers_names(weights: dict[str, Any]) -> dict[str, Any]:
    import torch

    named = {f"{theirs}.weight": weights[f"{ours}.weight"] for theirs, ours in PLAIN.items()}
    scale, shift = weights["norm_out.linear.weight"].chunk(2)
    named["final_layer.adaLN_modulation.1.weight"] = torch.cat([shift, scale])
    for block in _blocks(weights, "transformer_blocks"):
        ours, theirs = f"transformer_blocks.{block}", f"double_blocks.{block}"
        named |= {f"{theirs}.{old}.weight": weights[f"{ours}.{new}.weight"] for old, new in DOUBLE.items()}
        for stream, parts in FUSED.items():
            fused = [weights[f"{ours}.attn.{part}.weight"] for part in parts]
            named[f"{theirs}.{stream}_attn.qkv.weight"] = torch.cat(fused)
            for kind, norm in zip(KINDS, NORMS[stream], strict=True):
                named[f"{theirs}.{stream}_attn.norm.{kind}_norm.scale"] = weights[f"{ours}.attn.{norm}.weight"]
    for block in _blocks(weights, "single_transformer_blocks"):
        ours, theirs = f"single_transformer_blocks.{block}", f"single_blocks.{block}"
        named |= {f"{theirs}.{old}.weight": weights[f"{ours}.{new}.weight"] for old, new in SINGLE.items()}
        for kind, norm in zip(KINDS, NORMS["img"], strict=True):
            named[f"{theirs}.norm.{kind}_norm.scale"] = weights[f"{ours}.attn.{norm}.weight"]
    return named


def _blocks(weights: dict[str, Any], of: str) -> list[str]:
    return sorted({name.split(".")[1] for name in weights if name.startswith(f"{of}.")})

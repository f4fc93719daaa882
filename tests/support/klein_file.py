"""A tiny FLUX.2 Klein's transformer as one file, in the names of its makers' code, with the rest in its folder."""

from __future__ import annotations

import json
import os
import shutil
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


VAE_NAMES = {
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    "mid_block.attentions.0.group_norm": "mid.attn_1.norm",
    "mid_block.attentions.0.to_out.0": "mid.attn_1.proj_out",
    "mid_block.attentions.0.to_": "mid.attn_1.",
    "down_blocks": "down",
    "up_blocks": "up",
    "resnets": "block",
    "conv_shortcut": "nin_shortcut",
    "downsamplers.0": "downsample",
    "upsamplers.0": "upsample",
    "conv_norm_out": "norm_out",
}


def write_comfy(folder: Path, models: Path, *, root: str = "", name: str = "flux-2-klein-base-4b") -> Path:
    """The parts of a tiny Klein where ComfyUI has them, its tokenizer in a folder; returns the transformer's file.

    folder: in the diffusers layout. models: ComfyUI's folder of that name.
    """
    from safetensors.torch import load_file, save_file

    for kind in ("diffusion_models", "text_encoders", "vae"):
        (models / kind).mkdir(parents=True)
    file = models / "diffusion_models" / f"{name}.safetensors"
    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    save_file({f"{root}{name}": tensor.contiguous() for name, tensor in makers_names(weights).items()}, file)
    shutil.copy(folder / "text_encoder" / "model.safetensors", models / "text_encoders" / "qwen_3_4b.safetensors")
    vae = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    save_file(makers_vae(vae), models / "vae" / "flux2-vae.safetensors")
    shutil.copytree(folder / "tokenizer", models / "tokenizers" / "qwen3")
    told = {"family": name.replace("flux-2", "flux2"), "native_resolution": 64, "size_multiple": 8, "steps": 4}
    file.with_name(f"{name}.layerbridge.json").write_text(json.dumps(told))
    return file


def as_published(folder: Path) -> Path:
    """A tiny Klein whose configurations say what those of the published ones say alike, so that files need not."""
    path = folder / "text_encoder" / "config.json"
    config = json.loads(path.read_text())
    rope = {"rope_type": "default", "rope_theta": 1_000_000.0}
    path.write_text(json.dumps(config | {"rope_parameters": rope, "max_position_embeddings": 40_960}))
    path = folder / "vae" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"norm_num_groups": 4}))
    path = folder / "tokenizer" / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"response": "<think>"}))
    return folder


def makers_vae(weights: dict[str, Any]) -> dict[str, Any]:
    levels = len({name.split(".")[2] for name in weights if name.startswith("decoder.up_blocks.")})
    named: dict[str, Any] = {}
    for name, tensor in weights.items():
        parts = name.split(".")
        if "up_blocks" in parts:
            parts[2] = str(levels - 1 - int(parts[2]))
        told = ".".join(parts)
        for ours, theirs in VAE_NAMES.items():
            told = told.replace(ours, theirs)
        if told.startswith(("quant_conv", "post_quant_conv")):
            told = f"{'decoder' if told.startswith('post') else 'encoder'}.{told}"
        is_attention = ".attentions." in name and tensor.ndim == 2
        named[told] = (tensor[:, :, None, None] if is_attention else tensor).contiguous()
    return named

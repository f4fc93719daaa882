"""A tiny Krea 2's transformer as one file in its makers' names, with the rest in its folder or in files as well."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

RENAMED = {
    r"^img_in\.": "first.",
    r"^time_embed\.linear_1\.": "tmlp.0.",
    r"^time_embed\.linear_2\.": "tmlp.2.",
    r"^time_mod_proj\.": "tproj.1.",
    r"^txt_in\.norm\.weight": "txtmlp.0.scale",
    r"^txt_in\.linear_1\.": "txtmlp.1.",
    r"^txt_in\.linear_2\.": "txtmlp.3.",
    r"^text_fusion\.": "txtfusion.",
    r"^transformer_blocks\.": "blocks.",
    r"^final_layer\.linear\.": "last.linear.",
    r"^final_layer\.norm\.weight": "last.norm.scale",
    r"^final_layer\.scale_shift_table": "last.modulation.lin",
    r"\.attn\.to_([qkv])\.": r".attn.w\1.",
    r"\.attn\.to_out\.0\.": ".attn.wo.",
    r"\.attn\.to_gate\.": ".attn.gate.",
    r"\.attn\.norm_([qk])\.weight": r".attn.qknorm.\1norm.scale",
    r"\.ff\.": ".mlp.",
    r"\.norm1\.weight": ".prenorm.scale",
    r"\.norm2\.weight": ".postnorm.scale",
    r"\.scale_shift_table": ".mod.lin",
}


def write_file(folder: Path, file: Path, root: str = "") -> Path:
    """folder: in the diffusers layout. root: what is written before each name. Beside it, its layerbridge.json."""
    from safetensors.torch import load_file, save_file

    weights = makers_names(load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors"))
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({f"{root}{name}": tensor.contiguous() for name, tensor in weights.items()}, file)
    settings = json.loads((folder / "layerbridge.json").read_text())
    settings |= {"config": os.path.relpath(folder, file.parent)}
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(settings))
    return file


def write_comfy(folder: Path, models: Path) -> Path:
    """folder: in the diffusers layout. The same as a file for each part, and its tokenizer; the transformer's file."""
    from safetensors.torch import load_file, save_file

    text = load_file(folder / "text_encoder" / "model.safetensors")
    named = {re.sub(r"^(model\.)?language_model\.", "model.", name): tensor for name, tensor in text.items()}
    vae = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    for place, tensors in (("text_encoders/qwen3vl_4b", named), ("vae/qwen_image_vae", vae)):
        (models / place).parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, models / f"{place}.safetensors")
    words = models / "tokenizers" / "qwen3"
    shutil.copytree(folder / "tokenizer", words)
    config = words / "tokenizer_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"response": "<think>"}))
    file = write_file(folder, models / "diffusion_models" / "krea2_turbo.safetensors")
    beside = file.with_name("krea2_turbo.layerbridge.json")
    settings = {name: value for name, value in json.loads(beside.read_text()).items() if name != "config"}
    beside.write_text(json.dumps(settings))
    return file


def makers_names(weights: dict[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, tensor in weights.items():
        is_table = name.startswith("transformer_blocks.") and name.endswith("scale_shift_table")
        for ours, theirs in RENAMED.items():
            name = re.sub(ours, theirs, name)
        named[name] = tensor.flatten() if is_table else tensor
    return named

"""A tiny Qwen-Image's transformer as one file, with the rest in its folder or in files as well."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
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


def write_comfy(folder: Path, models: Path) -> Path:
    """folder: in the diffusers layout. The same as a file for each part, and its tokenizer; the transformer's file."""
    from safetensors.torch import load_file, save_file

    text = load_file(folder / "text_encoder" / "model.safetensors")
    named = {re.sub(r"^model\.(language_model\.)?", "model.", name): tensor for name, tensor in text.items()}
    named = {name.removeprefix("model.") if "visual." in name else name: tensor for name, tensor in named.items()}
    vae = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    for place, tensors in (("text_encoders/qwen_2.5_vl_7b", named), ("vae/qwen_image_vae", vae)):
        (models / place).parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, models / f"{place}.safetensors")
    shutil.copytree(folder / "tokenizer", models / "tokenizers" / "qwen2.5")
    file = models / "diffusion_models" / "qwen_image.safetensors"
    write_file(folder, file, "")
    settings = json.loads((folder / "layerbridge.json").read_text())
    kept = {name: settings[name] for name in ("native_resolution", "steps", "guidance_scale")}
    file.with_name("qwen_image.layerbridge.json").write_text(json.dumps(kept))
    return file


def wan_names(names: Iterable[str]) -> dict[str, str]:
    """Of the published autoencoder, by diffusers' names: those of its makers' file, which are Wan 2.1's."""
    return {name: _wan_name(name) for name in names}


def _wan_name(name: str) -> str:
    name = re.sub(r"^(quant|post_quant)_conv\.", lambda found: f"conv{1 + (found[1] != 'quant')}.", name)
    name = name.replace(".conv_in.", ".conv1.").replace(".norm_out.", ".head.0.").replace(".conv_out.", ".head.2.")
    name = name.replace(".mid_block.attentions.0.", ".middle.1.").replace(".down_blocks.", ".downsamples.")
    name = re.sub(r"\.mid_block\.resnets\.(\d)", lambda found: f".middle.{2 * int(found[1])}", name)
    resnets = r"\.up_blocks\.(\d)\.resnets\.(\d)"
    name = re.sub(resnets, lambda found: f".upsamples.{4 * int(found[1]) + int(found[2])}", name)
    name = re.sub(r"\.up_blocks\.(\d)\.upsamplers\.0", lambda found: f".upsamples.{4 * int(found[1]) + 3}", name)
    if ".upsamples." in name or ".downsamples." in name or ".middle." in name:
        ends = {"norm1": "residual.0", "norm2": "residual.3", "conv1": "residual.2", "conv2": "residual.6"}
        name = re.sub(r"\.(norm1|norm2|conv1|conv2)\.", lambda found: f".{ends[found[1]]}.", name)
        name = name.replace(".conv_shortcut.", ".shortcut.")
    return name

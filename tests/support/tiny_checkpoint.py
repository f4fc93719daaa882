"""A tiny model as one file in the `ldm` layout in which checkpoints of Stable Diffusion and XL are published."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

UNET = "model.diffusion_model."
VAE = "first_stage_model."
TEXT = "cond_stage_model.transformer.text_model."
XL_TEXT = "conditioner.embedders.0.transformer.text_model."


def write_checkpoint(
    folder: Path,
    file: Path,
    *,
    metadata: dict[str, str] | None = None,
    marks: tuple[str, ...] = (),
    told: dict[str, Any] | None = None,
) -> Path:
    """Write the weights of the diffusers folder `folder` (made by build_tiny) into one file, and a sidecar that names
    the folder's configurations, since no published checkpoint is that small. marks: names of further tensors. told:
    further settings of the sidecar.
    """
    import torch
    from safetensors.torch import load_file, save_file

    weights: dict[str, Any] = {}
    weights |= {unet_name(name): tensor for name, tensor in _load(load_file, folder / "unet").items()}
    for name, tensor in _load(load_file, folder / "vae").items():
        weights[vae_name(name)] = tensor[:, :, None, None] if _is_vae_attention(name) else tensor
    is_xl, is_refiner = (folder / "text_encoder_2").is_dir(), not (folder / "text_encoder").is_dir()
    if is_refiner:
        weights |= open_clip(load_file(folder / "text_encoder_2" / "model.safetensors"), 0)
    else:
        text = XL_TEXT if is_xl else TEXT
        encoder = load_file(folder / "text_encoder" / "model.safetensors")
        weights |= {text + name.removeprefix("text_model."): tensor for name, tensor in encoder.items()}
    if is_xl and not is_refiner:
        weights |= open_clip(load_file(folder / "text_encoder_2" / "model.safetensors"))
        weights |= {f"{XL_TEXT}embeddings.position_ids": torch.arange(77)[None]}
        weights |= {"conditioner.embedders.1.model.logit_scale": torch.tensor(4.6)}
    weights |= {name: torch.zeros(()) for name in marks}
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, file, metadata=metadata)
    settings = json.loads((folder / "layerbridge.json").read_text())
    sidecar = file.with_name(f"{file.stem}.layerbridge.json")
    sidecar.write_text(json.dumps({"native_resolution": 64, "config": str(folder), **settings, **(told or {})}))
    return file


def open_clip(tensors: dict[str, Any], embedder: int = 1) -> dict[str, Any]:
    """The second text encoder of XL, whose queries, keys and values are one tensor there; a refiner's first."""
    import torch

    names = {
        "text_model.": "",
        "embeddings.token_embedding": "token_embedding",
        "embeddings.position_embedding.weight": "positional_embedding",
        "encoder.layers.": "transformer.resblocks.",
        "layer_norm1": "ln_1",
        "layer_norm2": "ln_2",
        "mlp.fc1": "mlp.c_fc",
        "mlp.fc2": "mlp.c_proj",
        "self_attn.out_proj": "attn.out_proj",
        "final_layer_norm": "ln_final",
    }
    made: dict[str, Any] = {}
    for name, tensor in tensors.items():
        if name == "text_projection.weight":
            made["text_projection"] = tensor.T
            continue
        if ".q_proj." in name:
            parts = [tensors[name.replace("q_proj", part)] for part in ("q_proj", "k_proj", "v_proj")]
            name, tensor = name.replace("self_attn.q_proj.", "attn.in_proj_"), torch.cat(parts)
        elif ".k_proj." in name or ".v_proj." in name:
            continue
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        made[name] = tensor
    return {f"conditioner.embedders.{embedder}.model.{name}": tensor for name, tensor in made.items()}


def _load(load_file: Any, folder: Path) -> dict[str, Any]:
    return load_file(folder / "diffusion_pytorch_model.safetensors")


def unet_name(name: str) -> str:
    """diffusers' tensor name -> ldm's, for a UNet of two levels with one layer each, the second with attention."""
    fixed = {
        "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2",
        "add_embedding.linear_1": "label_emb.0.0",
        "add_embedding.linear_2": "label_emb.0.2",
        "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0",
        "conv_out": "out.2",
        "down_blocks.0.resnets.0": "input_blocks.1.0",
        "down_blocks.0.downsamplers.0.conv": "input_blocks.2.0.op",
        "down_blocks.1.resnets.0": "input_blocks.3.0",
        "down_blocks.1.attentions.0": "input_blocks.3.1",
        "mid_block.resnets.0": "middle_block.0",
        "mid_block.attentions.0": "middle_block.1",
        "mid_block.resnets.1": "middle_block.2",
        "up_blocks.0.resnets.0": "output_blocks.0.0",
        "up_blocks.0.attentions.0": "output_blocks.0.1",
        "up_blocks.0.resnets.1": "output_blocks.1.0",
        "up_blocks.0.attentions.1": "output_blocks.1.1",
        "up_blocks.0.upsamplers.0.conv": "output_blocks.1.2.conv",
        "up_blocks.1.resnets.0": "output_blocks.2.0",
        "up_blocks.1.resnets.1": "output_blocks.3.0",
    }
    parts = {
        ".norm1.": ".in_layers.0.",
        ".conv1.": ".in_layers.2.",
        ".time_emb_proj.": ".emb_layers.1.",
        ".norm2.": ".out_layers.0.",
        ".conv2.": ".out_layers.3.",
        ".conv_shortcut.": ".skip_connection.",
    }
    for ours, theirs in fixed.items():
        if name.startswith(f"{ours}."):
            rest = name[len(ours) :]
            if "resnets" in ours:
                for own, other in parts.items():
                    rest = rest.replace(own, other)
            return UNET + theirs + rest
    raise KeyError(name)


def vae_name(name: str) -> str:
    """diffusers' tensor name -> ldm's, for an autoencoder of three levels."""
    name = re.sub(r"encoder\.down_blocks\.(\d)\.resnets\.(\d)", r"encoder.down.\1.block.\2", name)
    name = re.sub(r"encoder\.down_blocks\.(\d)\.downsamplers\.0", r"encoder.down.\1.downsample", name)
    name = re.sub(
        r"decoder\.up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"decoder.up.{2 - int(m[1])}.block.{m[2]}", name
    )
    name = re.sub(r"decoder\.up_blocks\.(\d)\.upsamplers\.0", lambda m: f"decoder.up.{2 - int(m[1])}.upsample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = name.replace("mid_block.attentions.0", "mid.attn_1").replace("conv_norm_out", "norm_out")
    name = name.replace("conv_shortcut", "nin_shortcut")
    if "attn_1" in name:
        for ours, theirs in {
            "group_norm": "norm",
            "to_q": "q",
            "to_k": "k",
            "to_v": "v",
            "to_out.0": "proj_out",
        }.items():
            name = name.replace(f".{ours}.", f".{theirs}.")
    return VAE + name


def _is_vae_attention(name: str) -> bool:
    return "mid_block.attentions" in name and name.endswith(".weight") and "group_norm" not in name

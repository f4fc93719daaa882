"""A tiny Stable Diffusion 3 as one file in its makers' names, with all or some of its other parts in it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from .klein_file import makers_vae

ROOT = "model.diffusion_model."
ALONE = {
    "pos_embed.pos_embed": "pos_embed",
    "pos_embed.proj.": "x_embedder.proj.",
    "time_text_embed.timestep_embedder.linear_1.": "t_embedder.mlp.0.",
    "time_text_embed.timestep_embedder.linear_2.": "t_embedder.mlp.2.",
    "time_text_embed.text_embedder.linear_1.": "y_embedder.mlp.0.",
    "time_text_embed.text_embedder.linear_2.": "y_embedder.mlp.2.",
    "context_embedder.": "context_embedder.",
    "proj_out.": "final_layer.linear.",
    "norm_out.linear.": "final_layer.adaLN_modulation.1.",
}
IN_BLOCK = {
    "attn.to_out.0.": "x_block.attn.proj.",
    "attn.to_add_out.": "context_block.attn.proj.",
    "attn2.to_out.0.": "x_block.attn2.proj.",
    "attn.norm_q.": "x_block.attn.ln_q.",
    "attn.norm_k.": "x_block.attn.ln_k.",
    "attn.norm_added_q.": "context_block.attn.ln_q.",
    "attn.norm_added_k.": "context_block.attn.ln_k.",
    "attn2.norm_q.": "x_block.attn2.ln_q.",
    "attn2.norm_k.": "x_block.attn2.ln_k.",
    "norm1.linear.": "x_block.adaLN_modulation.1.",
    "norm1_context.linear.": "context_block.adaLN_modulation.1.",
    "ff.net.0.proj.": "x_block.mlp.fc1.",
    "ff.net.2.": "x_block.mlp.fc2.",
    "ff_context.net.0.proj.": "context_block.mlp.fc1.",
    "ff_context.net.2.": "context_block.mlp.fc2.",
}
FUSED = {
    "attn.to_{}.": "x_block.attn.qkv.",
    "attn.add_{}_proj.": "context_block.attn.qkv.",
    "attn2.to_{}.": "x_block.attn2.qkv.",
}


def write_file(folder: Path, file: Path, inside: tuple[str, ...] = ("vae",)) -> Path:
    """folder: in the diffusers layout, where CLIP-L's summary is not projected. inside: the components that are in the
    file; the others are written beside it, in ComfyUI's folders. Returns the file.
    """
    from safetensors.torch import load_file, save_file

    tensors = {f"{ROOT}{name}": one for name, one in makers_names(_weights(folder, "transformer")).items()}
    vae = makers_vae(_weights(folder, "vae"))
    texts = {
        "text_encoder": ("text_encoders.clip_l.transformer.", "clip_l"),
        "text_encoder_2": ("text_encoders.clip_g.transformer.", "clip_g"),
        "text_encoder_3": ("text_encoders.t5xxl.transformer.", "t5xxl"),
    }
    parts = {name: (root, f"text_encoders/{called}") for name, (root, called) in texts.items()}
    parts["vae"] = ("first_stage_model.", "vae/sd3_vae")
    for name, (root, place) in parts.items():
        if not (folder / name).is_dir():
            continue
        own = vae if name == "vae" else load_file(folder / name / "model.safetensors")
        if name == "text_encoder":
            own.pop("text_projection.weight")
        if name in inside:
            tensors |= {f"{root}{key}": one for key, one in own.items()}
            continue
        (file.parent / place).parent.mkdir(parents=True, exist_ok=True)
        save_file({key: one.contiguous() for key, one in own.items()}, file.parent / f"{place}.safetensors")
    if (folder / "tokenizer_3").is_dir():
        words = file.parent / "tokenizers" / "t5"
        shutil.copytree(folder / "tokenizer_3", words)
        config = words / "tokenizer_config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"extra_ids": 100}))
    save_file({name: one.contiguous() for name, one in tensors.items()}, file)
    told = json.loads((folder / "layerbridge.json").read_text())
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps({"size_multiple": 8, **told}))
    return file


def _weights(folder: Path, name: str) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(folder / name / "diffusion_pytorch_model.safetensors")


def makers_names(weights: dict[str, Any]) -> dict[str, Any]:
    import torch

    last = max(int(name.split(".")[1]) for name in weights if name.startswith("transformer_blocks."))
    named: dict[str, Any] = {}
    for name, tensor in weights.items():
        swapped = name.startswith(("norm_out.", f"transformer_blocks.{last}.norm1_context."))
        value = torch.cat(tensor.chunk(2)[::-1]) if swapped else tensor
        if not name.startswith("transformer_blocks."):
            old, new = next((old, new) for old, new in ALONE.items() if name.startswith(old))
            named[name.replace(old, new, 1)] = value
            continue
        _, block, layer = name.split(".", 2)
        start = f"joint_blocks.{block}."
        fused = next(((ours, theirs) for ours, theirs in FUSED.items() if layer.startswith(ours.format("q"))), None)
        if fused is not None:
            kind = layer.rpartition(".")[2]
            three = [weights[f"transformer_blocks.{block}.{fused[0].format(part)}{kind}"] for part in "qkv"]
            named[start + fused[1] + kind] = torch.cat(three)
        elif not any(layer.startswith(ours.format(part)) for ours in FUSED for part in "kv"):
            old, new = next((old, new) for old, new in IN_BLOCK.items() if layer.startswith(old))
            named[start + layer.replace(old, new, 1)] = value
    return named

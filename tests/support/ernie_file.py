"""The parts of a tiny ERNIE-Image where ComfyUI has them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path


def write_comfy(folder: Path, models: Path, name: str = "ernie-image") -> Path:
    """folder: in the diffusers layout. A file for each part, and the tokenizer's folder; the transformer's file."""
    import torch
    from safetensors.torch import load_file, save_file

    text = load_file(folder / "text_encoder" / "model.safetensors")
    text = {name.replace("language_model.model.", "model.", 1): tensor for name, tensor in text.items()}
    text["tekken_model"] = torch.zeros(4, dtype=torch.uint8)  # the tokenizer, as ComfyUI has it
    vae = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    weights = {f"model.diffusion_model.{name}": tensor for name, tensor in weights.items()}
    file = models / "diffusion_models" / f"{name}.safetensors"
    places = {models / "text_encoders" / "ministral-3-3b.safetensors": text, file: weights}
    for place, tensors in (places | {models / "vae" / "flux2-vae.safetensors": vae}).items():
        place.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, place)
    shutil.copytree(folder / "tokenizer", models / "tokenizers" / "mistral3")
    config = models / "tokenizers" / "mistral3" / "tokenizer_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"processor_class": "PixtralProcessor"}))
    settings = json.loads((folder / "layerbridge.json").read_text())
    kept = {name: settings[name] for name in ("native_resolution", "steps", "guidance_scale") if name in settings}
    file.with_name(f"{name}.layerbridge.json").write_text(json.dumps(kept))
    return file

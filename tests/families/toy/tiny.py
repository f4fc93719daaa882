"""Builds the toy model: a folder in the diffusers layout."""

from __future__ import annotations

import json
from pathlib import Path

from . import PIPELINE, SPEC

WIDTH = 8


def build(folder: Path) -> Path:
    import torch
    from safetensors.torch import save_file

    from .model import Transformer

    (folder / "transformer").mkdir(parents=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        weights = Transformer(WIDTH).state_dict()
    save_file(weights, folder / "transformer" / "diffusion_pytorch_model.safetensors")
    (folder / "transformer" / "config.json").write_text(json.dumps({"side": SPEC.native_resolution, "width": WIDTH}))
    index = {"_class_name": PIPELINE, "transformer": ["toy", "ToyTransformer"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder

"""diffusers' own pipeline of a tiny Qwen-Image 2.1, and its parts as files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import QwenImage21Pipeline

from bridge_server.families.qwen_image.pictures import QWEN3_VL, seen_by
from bridge_server.families.qwen_image.prompts import PAD
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import memory
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import choose_device
from tests.families.contract import Subject


def load(folder: Path, name: str | None = None) -> Any:
    """The only model in a folder of models, or the one of this name."""
    (model,) = [model for model in find_models([folder]) if not model.shipped and name in (None, model.name)]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


def exact(folder: Path, name: str | None = None) -> Subject:
    """The same in single precision on every machine."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        loaded = load(folder, name)
    return Subject(builtin().named(loaded.ref.family), loaded)


class Given(SimpleNamespace):
    def to(self, _device: Any) -> Given:
        return self


class Processor:
    """In the place of transformers' Qwen3VLProcessor, which wants torchvision for films."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def apply_chat_template(self, messages: Any, **_: Any) -> list[list[int]]:
        (message,) = messages
        return [self.tokenizer(f"<|im_start|>system\n{message['content'][0]['text']}<|im_end|>\n")["input_ids"]]

    def __call__(self, text: list[str], images: Sequence[Any] = (), **_: Any) -> Given:
        looked = [seen_by(QWEN3_VL, np.asarray(picture, np.float32) / 255) for picture in images]
        before, *after = text[0].split(PAD)
        for one, piece in zip(looked, after, strict=True):
            before += PAD * one.tokens + piece
        given = self.tokenizer(before, return_tensors="pt")
        told: dict[str, Any] = {name: given[name] for name in ("input_ids", "attention_mask")}
        if looked:
            places = given["input_ids"] == self.tokenizer.convert_tokens_to_ids(PAD)
            told["image_grid_thw"] = torch.tensor([[1, one.rows, one.columns] for one in looked])
            told |= {"pixel_values": torch.cat([one.patches for one in looked]), "mm_token_type_ids": places.int()}
        return Given(**told)


class Own(QwenImage21Pipeline):
    def __call__(self, *, guidance_scale: float = 1.0, **given: Any) -> Any:
        return super().__call__(**given)


def own_pipeline(tokenizer: Any, **parts: Any) -> Own:
    """diffusers' own, of a loaded model's parts; it takes a guidance as others do, and does not read it."""
    return Own(processor=Processor(tokenizer), **parts)


def write_comfy(folder: Path, models: Path, name: str = "qwen_image_2.1") -> Path:
    """folder: in the diffusers layout. The same as a file for each part, and its tokenizer; the transformer's file."""
    from safetensors.torch import load_file, save_file

    text = load_file(folder / "text_encoder" / "model.safetensors")
    text = {re.sub(r"^model\.(language_model\.|(?=visual))", "model.", name): tensor for name, tensor in text.items()}
    vae = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    for place, tensors in (("text_encoders/qwen3vl_8b", text), ("vae/qwen_image_2.1_vae", vae)):
        (models / place).parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, models / f"{place}.safetensors")
    shutil.copytree(folder / "processor", models / "tokenizers" / "qwen3")
    config = models / "tokenizers" / "qwen3" / "tokenizer_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"response": "<think>"}))
    file = write_transformer(folder, models / "diffusion_models" / f"{name}.safetensors")
    settings = json.loads((folder / "layerbridge.json").read_text())
    kept = {name: settings[name] for name in ("native_resolution", "steps", "guidance_scale") if name in settings}
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(kept))
    return file


def write_transformer(folder: Path, file: Path) -> Path:
    """As ComfyUI has it: with the two first layers of each block's second half as one."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")
    for name in [name for name in weights if ".gate_layer." in name]:
        both = weights.pop(name), weights.pop(name.replace("gate_layer", "proj"))
        weights[name.replace("gate_layer", "gate_up")] = torch.cat(both)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({f"model.diffusion_model.{name}": tensor for name, tensor in weights.items()}, file)
    return file

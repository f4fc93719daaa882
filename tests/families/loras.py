"""LoRAs of random numbers for any loaded model whose family takes some, as the usual programs would write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save_file
from torch import nn

from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import loader
from bridge_server.pipelines.family import Loaded
from bridge_server.pipelines.memory import Device
from bridge_server.protocol.tasks import AdapterRef

Program = Literal["kohya", "peft", "diffusers", "old diffusers"]
RANK = 2
ALPHA = 1.0


def adapter(file: Path, weight: float = 1.0) -> AdapterRef:
    return AdapterRef(file.stem, str(file), "lora", weight)


def layers_of(loaded: Loaded) -> dict[tuple[str, str], Any]:
    """By component and name in it."""
    return {
        (component, name): layer
        for component in loaded.spec.adapters["lora"].parts
        for name, layer in loaded.parts[component].named_modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    }


def is_attention(name: str) -> bool:
    return ("attn" in name or "attention." in name) and not name.endswith("norm")


def write_lora(
    folder: Path,
    loaded: Loaded,
    *,
    name: str = "style",
    program: Program = "kohya",
    seed: int = 0,
    where: Callable[[str], bool] = is_attention,
    strength: float = 1.0,
    notes: dict[str, str] | None = None,
    told: str | None = None,
) -> Path:
    """A LoRA of these layers. strength: about how much it changes a layer's values, as a share of them. told: the
    family in its layerbridge.json; None: the model's own.
    """
    random = torch.Generator().manual_seed(seed)
    tensors: dict[str, torch.Tensor] = {}
    for (component, layer_name), layer in layers_of(loaded).items():
        if not where(layer_name):
            continue
        outputs, *inputs = layer.weight.shape
        down = torch.randn((RANK, *inputs), generator=random)
        up = torch.randn((outputs, RANK, *(1,) * len(inputs[1:])), generator=random)
        change = (up.flatten(1) @ down.flatten(1)).std() * (ALPHA if program == "kohya" else RANK) / RANK
        up *= strength * layer.weight.float().std() / change
        prefix = loaded.spec.adapters["lora"].parts[component].prefix
        tensors |= {key: value.contiguous() for key, value in named(program, prefix, component, layer_name, down, up)}
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    save_file(tensors, file, metadata=notes)
    settings = {"family": told or loaded.spec.key}  # tiny models have widths by which no family is told
    file.with_name(f"{name}.layerbridge.json").write_text(json.dumps(settings))
    return file


def as_files_have_it(component: str, layer: str) -> str:
    """A layer's name: of a text encoder that sums up nothing transformers has lost the beginning."""
    has_all = component != "text_encoder" or layer.startswith(("text_model.", "text_projection"))
    return layer if has_all else f"text_model.{layer}"


def named(
    program: Program, prefix: str, component: str, layer: str, down: torch.Tensor, up: torch.Tensor
) -> list[tuple[str, torch.Tensor]]:
    whole = as_files_have_it(component, layer)
    if program == "kohya":
        flat = prefix + whole.replace(".", "_")
        alpha = torch.tensor(ALPHA)
        return [(f"{flat}.lora_down.weight", down), (f"{flat}.lora_up.weight", up), (f"{flat}.alpha", alpha)]
    if program == "old diffusers":
        before, _, last = layer.removesuffix(".0").rpartition(".")
        old = f"text_encoder.{whole}.lora_linear_layer" if component == "text_encoder" else ""
        old = old or f"{component}.{before}.processor.{last}_lora"
        return [(f"{old}.down.weight", down), (f"{old}.up.weight", up)]
    one, other = (".lora_A", ".lora_B") if program == "peft" else (".lora.down", ".lora.up")
    return [(f"{component}.{whole}{one}.weight", down), (f"{component}.{whole}{other}.weight", up)]


def write_lora_for(folder: Path, model: str, *, name: str) -> Path:
    """For the model of this name in a folder of models, into the same folder."""
    (found,) = [known for known in find_models([folder]) if known.name == model]
    return write_lora(folder, loader.load(found.ref, builtin(), Device("cpu", None), None), name=name)

"""Reads LoRA files into matrices, and keeps those that a loaded model used last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open

from ..errors import BridgeError, ErrorCode
from ..families.base import Adapters
from ..models.lora import LoraLayer, lora_layers
from ..protocol.tasks import AdapterRef
from .memory import is_out_of_memory

PEFT_NOTES = "lora_adapter_metadata"  # of a file's notes: the settings of its training, as diffusers writes them
PEFT_ALPHA = ".lora_alpha"
MALFORMED = (ValueError, LookupError, ArithmeticError, RuntimeError)  # of tensors and notes


@dataclass(frozen=True)
class Delta:
    """What changes one layer: up @ down. down: (rank, inputs …) float32; up: (outputs, rank) float32, times alpha by
    rank, https://arxiv.org/abs/2106.09685, section 4.1.
    """

    component: str
    layer: str
    down: torch.Tensor
    up: torch.Tensor


Deltas = tuple[Delta, ...]
Stamp = tuple[str, int, int]


class AdapterFiles:
    """Used by one thread at a time, as the model is that it belongs to."""

    def __init__(self) -> None:
        self._read: dict[Stamp, Deltas] = {}

    def read(self, adapters: Iterable[AdapterRef], fitting: Adapters, denoiser: str) -> list[Deltas]:
        """Of each of the adapters. Files that did not change are not read again; what is not asked for is forgotten.

        Raises BridgeError: model_not_found, model_unreadable.
        """
        wanted = [(_stamp(adapter), adapter) for adapter in adapters]
        known = {stamp for stamp, _ in wanted}
        self._read = {stamp: deltas for stamp, deltas in self._read.items() if stamp in known}
        for stamp, adapter in wanted:
            if stamp not in self._read:
                self._read[stamp] = read_deltas(adapter, fitting, denoiser)
        return [self._read[stamp] for stamp, _ in wanted]


def read_deltas(adapter: AdapterRef, fitting: Adapters, denoiser: str) -> Deltas:
    """Raises BridgeError(model_unreadable), and what torch raises where the memory runs out."""
    try:
        with safe_open(adapter.path, framework="pt") as file:
            layers = lora_layers(file.keys(), fitting, denoiser).values()
            alphas = noted_alphas(file.metadata() or {})
            return tuple(_delta(layer, file, alphas.get(layer.component)) for layer in layers)
    except (SafetensorError, OSError, *MALFORMED) as error:
        if is_out_of_memory(error):
            raise
        raise BridgeError(
            ErrorCode.MODEL_UNREADABLE,
            f"The LoRA {adapter.name} cannot be read: its file is damaged. Get it again, or leave it out.",
            f"{type(error).__name__}: {error}"[:1000],
        ) from error


def _delta(layer: LoraLayer, file: Any, noted: float | None) -> Delta:
    """noted: alpha, where the file has no tensor of it; None: as large as the rank. Raises those of MALFORMED for
    tensors that do not go together.
    """
    tensors = {kind: file.get_tensor(name).to(torch.float32, copy=True) for kind, name in layer.names.items()}
    down, up = tensors["down"], tensors["up"].flatten(1)
    rank = down.shape[0]
    if "mid" in tensors:  # LoCon with Tucker's decomposition: https://arxiv.org/abs/2309.14859, section 3
        down = torch.einsum("abhw,bi->aihw", tensors["mid"], down.flatten(1))
    if up.shape[1:] != down.shape[:1]:
        raise ValueError(f"{layer.layer} has matrices of different ranks")
    alpha = float(tensors["alpha"]) if "alpha" in tensors else rank if noted is None else noted
    up = up * (alpha / rank)
    if not (torch.isfinite(down).all() and torch.isfinite(up).all()):
        raise ValueError(f"{layer.layer} has numbers that are none")
    return Delta(layer.component, layer.layer, down, up)


def noted_alphas(notes: Mapping[str, str]) -> dict[str, float]:
    """By component, where the notes of a file tell them."""
    try:
        told: object = json.loads(notes.get(PEFT_NOTES, "{}"))
    except ValueError:
        return {}
    found = cast("dict[str, object]", told) if isinstance(told, dict) else {}
    return {
        key.removesuffix(PEFT_ALPHA): float(value)
        for key, value in found.items()
        if key.endswith(PEFT_ALPHA) and isinstance(value, int | float)
    }


def _stamp(adapter: AdapterRef) -> Stamp:
    try:
        status = Path(adapter.path).stat()
    except OSError as error:
        raise BridgeError(
            ErrorCode.MODEL_NOT_FOUND,
            f"The LoRA {adapter.name} is not there any more. Put its file back, or leave it out.",
            adapter.path,
        ) from error
    return adapter.path, status.st_size, status.st_mtime_ns

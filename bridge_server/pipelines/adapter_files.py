"""Reads LoRA files into matrices, and keeps those that a loaded model used last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from ..errors import BridgeError, ErrorCode
from ..families.base import Adapters
from ..models.lora import LoraLayer, lora_layers, unplaced
from ..models.lora_scaling import Scaling, config_of, scaling_of
from ..protocol.tasks import AdapterRef
from .lycoris import Product, Rows, product
from .memory import is_out_of_memory

MALFORMED = (ValueError, LookupError, ArithmeticError, RuntimeError)  # of tensors and notes


@dataclass(frozen=True)
class Delta:
    """What changes one layer: up @ down. down: (rank, inputs …) float32; up: (outputs, rank) float32, times alpha by
    rank (https://arxiv.org/abs/2106.09685, section 4.1) or as its settings say (lora_scaling.py).
    """

    component: str
    layer: str
    down: torch.Tensor
    up: torch.Tensor


Change = Delta | Product
Stamp = tuple[str, *tuple[int, ...]]


@dataclass(frozen=True)
class Lora:
    """What a file changes. unplaced: how many layers it changes beside, that no model of the family has."""

    changes: tuple[Change, ...]
    unplaced: int = 0


class AdapterFiles:
    """Used by one thread at a time, as the model is that it belongs to."""

    def __init__(self) -> None:
        self._read: dict[Stamp, Lora] = {}

    def read(self, adapters: Iterable[AdapterRef], fitting: Adapters, denoiser: str) -> list[Lora]:
        """Of each of the adapters. Files that did not change are not read again; what is not asked for is forgotten.

        Raises BridgeError: model_not_found, model_unreadable.
        """
        wanted = [(_stamp(adapter), adapter) for adapter in adapters]
        known = {stamp for stamp, _ in wanted}
        self._read = {stamp: lora for stamp, lora in self._read.items() if stamp in known}
        for stamp, adapter in wanted:
            if stamp not in self._read:
                self._read[stamp] = read_lora(adapter, fitting, denoiser)
        return [self._read[stamp] for stamp, _ in wanted]


def read_lora(adapter: AdapterRef, fitting: Adapters, denoiser: str) -> Lora:
    """Raises BridgeError(model_unreadable), and what torch raises where the memory runs out."""
    try:
        with safe_open(adapter.path, framework="pt") as file:
            layers = lora_layers(file.keys(), fitting, denoiser).values()
            notes: dict[str, str] = file.metadata() or {}
            scalings = {name: scaling_of(Path(adapter.path), notes, name) for name in fitting.parts}
            whole = [_delta(layer, file, scalings[layer.component]) for layer in layers]
            return Lora(tuple(_apart(whole, fitting)), unplaced(file.keys(), fitting, denoiser))
    except (SafetensorError, OSError, *MALFORMED) as error:
        if is_out_of_memory(error):
            raise
        raise BridgeError(
            ErrorCode.MODEL_UNREADABLE,
            f"The LoRA {adapter.name} cannot be read: its file is damaged. Get it again, or leave it out.",
            f"{type(error).__name__}: {error}"[:1000],
        ) from error


def _delta(layer: LoraLayer, file: Any, scaling: Scaling) -> Change:
    """scaling: where the file has no tensor of alpha. Raises those of MALFORMED for tensors that do not go together."""
    tensors = {kind: file.get_tensor(name).to(torch.float32, copy=True) for kind, name in layer.names.items()}
    if layer.is_product:
        if not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
            raise ValueError(f"{layer.layer} has numbers that are none")
        return product(layer.component, layer.layer, tensors)
    down, up = tensors["down"], tensors["up"].flatten(1)
    rank = down.shape[0]
    if "mid" in tensors:  # LoCon with Tucker's decomposition: https://arxiv.org/abs/2309.14859, section 3
        down = torch.einsum("abhw,bi->aihw", tensors["mid"], down.flatten(1))
    if up.shape[1:] != down.shape[:1]:
        raise ValueError(f"{layer.layer} has matrices of different ranks")
    up = up * (float(tensors["alpha"]) / rank if "alpha" in tensors else scaling.of(layer.dotted, rank))
    if not (torch.isfinite(down).all() and torch.isfinite(up).all()):
        raise ValueError(f"{layer.layer} has numbers that are none")
    return Delta(layer.component, layer.layer, down, up)


def _apart(whole: Sequence[Change], fitting: Adapters) -> Iterator[Change]:
    """Of each of the model's layers. Some files have several layers as one and by themselves: they count once."""
    known = {(one.component, one.layer) for one in whole}
    for one in whole:
        parts = _split(one, fitting.parts[one.component].fused)
        if len(parts) == 1 or not all((part.component, part.layer) in known for part in parts):
            yield from parts


def _split(change: Change, fused: Mapping[str, Mapping[str, int]]) -> list[Change]:
    """Of a layer that the model has as several: see AdaptedPart.fused. Raises those of MALFORMED."""
    end = next((end for end in fused if change.layer.endswith(end)), None)
    if end is None:
        return [change]
    begin, shares = change.layer.removesuffix(end), fused[end]
    parts, first = sum(shares.values()), 0
    if isinstance(change, Delta) and len(change.up) % parts:
        raise ValueError(f"{change.layer} cannot be layers of {parts} shares")
    made: list[Change] = []
    for name, share in shares.items():
        span = first, (first := first + share)
        if isinstance(change, Delta):
            start, stop = (len(change.up) // parts * place for place in span)
            made.append(replace(change, layer=begin + name, up=change.up[start:stop]))
        else:
            made.append(replace(change, layer=begin + name, rows=Rows(*span, parts)))
    return made


def _stamp(adapter: AdapterRef) -> Stamp:
    """Of its file, and of the configuration beside it."""
    file = Path(adapter.path)
    try:
        told = [one.stat() for one in (file, config_of(file)) if one is not None]
    except OSError as error:
        raise BridgeError(
            ErrorCode.MODEL_NOT_FOUND,
            f"The LoRA {adapter.name} is not there any more. Put its file back, or leave it out.",
            adapter.path,
        ) from error
    return adapter.path, *(number for status in told for number in (status.st_size, status.st_mtime_ns))

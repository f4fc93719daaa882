"""Numbers of eight bits, as files for ComfyUI have them: plain, scaled, and rotated before they were rounded.

Names and meaning of the scales: https://github.com/comfyanonymous/ComfyUI (`comfy/quant_ops.py`), of the rotation
https://github.com/Comfy-Org/comfy-kitchen (`tensor/int8_utils.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import torch

from ..errors import BridgeError, ErrorCode
from .packed import Packed

BYTES = (torch.float8_e4m3fn, torch.float8_e5m2, torch.int8)
SCALES = (".scale_weight", ".weight_scale")  # after the layer's name: float32, by what its weights are multiplied
ABOUT = (".scale_input", ".input_scale", ".comfy_quant", ".weight_scale_2")  # further tensors of a layer
FORMATS = ("float8_", "int8_")  # as `.comfy_quant` tells; others have bytes that mean something else
MARK = "scaled_fp8"  # a tensor without meaning, in the older files
LAYERS_NOTE = "_quantization_metadata"  # of a file: the same as `.comfy_quant`, for all of its layers
GROUP = 256  # columns that were rotated together, where a layer does not say
MAX_GROUP = 4096
_HADAMARD = ((1, 1, 1, -1), (1, 1, -1, 1), (1, -1, 1, 1), (-1, 1, 1, 1))
_LAYER = re.compile(f"({'|'.join(re.escape(end) for end in (*SCALES, *ABOUT))})$")


@dataclass(frozen=True)
class Bytes:
    """A byte for each number. dtype: what it is. group: columns that were multiplied by a Hadamard matrix together, 0:
    none.
    """

    dtype: torch.dtype
    group: int = 0

    def unpack(self, data: torch.Tensor, columns: int) -> torch.Tensor:
        if data.device.type == "mps" and self.dtype.is_floating_point:  # which has no such numbers
            return looked_up(data, self.dtype)
        return data.view(self.dtype).float()

    def finish(self, values: torch.Tensor) -> torch.Tensor:
        if not self.group:
            return values
        turned = values.reshape(-1, self.group) @ hadamard(self.group).to(values.device)
        return turned.reshape(values.shape)


def looked_up(data: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """uint8 -> float32 of the same shape: what each byte is as a number of this kind, of a table of all 256."""
    values = torch.arange(256, dtype=torch.uint8).view(dtype).float().to(data.device)
    return values.index_select(0, data.flatten().int()).reshape(data.shape)


@cache
def hadamard(size: int) -> torch.Tensor:
    """The regular Hadamard matrix of a power of four, normalised: float32, symmetric, its own inverse."""
    base = torch.tensor(_HADAMARD, dtype=torch.float32)
    matrix = base
    while matrix.shape[0] < size:
        matrix = torch.kron(matrix, base)
    return matrix / size**0.5


def gathered(tensors: Mapping[str, torch.Tensor], note: str | None) -> dict[str, torch.Tensor | Packed]:
    """The tensors without those that belong to others; matrices of bytes packed, with their scales. note: the file's
    LAYERS_NOTE. Raises BridgeError(unsupported) for numbers that cannot be read.
    """
    layers = _layers(note)
    made: dict[str, torch.Tensor | Packed] = {}
    for name, tensor in tensors.items():
        if name.endswith(MARK) or _LAYER.search(name):
            continue
        layer, _, kind = name.rpartition(".")
        if kind != "weight":
            made[name] = _widened(tensor)
            continue
        told = _told(tensors.get(f"{layer}.comfy_quant"), layers.get(layer))
        scale = next((tensors[layer + end] for end in SCALES if layer + end in tensors), None)
        _check(name, tensor, told, is_double=f"{layer}.weight_scale_2" in tensors)
        if tensor.ndim == 2 and tensor.dtype in BYTES:
            made[name] = _packed(name, tensor, scale, told)
        else:
            made[name] = _widened(tensor) if scale is None else _scaled(tensor, scale.float())
    return made


def _scaled(tensor: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """float32, of what is no matrix; scale: one number, or one for each of the first side."""
    wide = scale.reshape(()) if scale.numel() == 1 else scale.reshape(-1, *(1,) * (tensor.ndim - 1))
    return tensor.float() * wide


def _widened(tensor: torch.Tensor) -> torch.Tensor:
    """float32 where it has few bits and is no matrix."""
    return tensor.float() if tensor.dtype in BYTES else tensor


def _check(name: str, tensor: torch.Tensor, told: Mapping[str, Any], *, is_double: bool) -> None:
    kind = str(told.get("format", ""))
    if is_double or tensor.dtype == torch.uint8 or (kind and not kind.startswith(FORMATS)):
        text = (
            f"{name} has numbers of another kind ({kind or 'of four bits'}) than Layerbridge can read. Get the model "
            "with fp8, int8 or GGUF numbers, or as its makers publish it."
        )
        raise BridgeError(ErrorCode.UNSUPPORTED, text[:1000])


def _packed(name: str, tensor: torch.Tensor, scale: torch.Tensor | None, told: Mapping[str, Any]) -> Packed:
    rows, columns = tensor.shape
    group = int(told.get("convrot_groupsize", GROUP)) if told.get("convrot") is True else 0
    if group and (group not in _sizes() or columns % group):
        raise ValueError(f"{name} is rotated in groups of {group}, which cannot be")
    return Packed(tensor.view(torch.uint8), _by_row(name, scale, rows, columns), Bytes(tensor.dtype, group), columns)


def _sizes() -> set[int]:
    return {4**power for power in range(1, 7) if 4**power <= MAX_GROUP}


def _by_row(name: str, scale: torch.Tensor | None, rows: int, columns: int) -> torch.Tensor | None:
    """(rows, groups of columns) float32, of one for all, one for each row, or one for each block."""
    if scale is None:
        return None
    wide = scale.float()
    if wide.numel() == 1:
        return wide.reshape(1, 1).repeat(rows, 1)
    wide = wide.reshape(wide.shape[0], -1)
    if rows % wide.shape[0] or columns % wide.shape[1]:
        raise ValueError(f"the scales of {name} have the shape {tuple(scale.shape)}, which does not fit")
    return wide.repeat_interleave(rows // wide.shape[0], dim=0)


def _told(own: torch.Tensor | None, noted: Any) -> Mapping[str, Any]:
    """What is said of a layer: JSON in a tensor of bytes, else in the file's notes."""
    if own is None:
        return cast("Mapping[str, Any]", noted) if isinstance(noted, dict) else {}
    value = json.loads(own.numpy().tobytes())
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _layers(note: str | None) -> Mapping[str, Any]:
    value = json.loads(note) if note else {}
    layers = cast("dict[str, Any]", value).get("layers") if isinstance(value, dict) else None
    return cast("Mapping[str, Any]", layers) if isinstance(layers, dict) else {}

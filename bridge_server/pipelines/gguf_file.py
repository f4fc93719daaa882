"""Reads the tensors of a .gguf file: plain ones, and blocks of few bits that stay so, unpacked by diffusers' code."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import BridgeError, ErrorCode
from ..models.gguf import Kind, Tensor, read_gguf
from .packed import Packed

PLAIN = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True)
class Blocks:
    """Rows of blocks, as llama.cpp writes them; a row begins with a block."""

    kind: Kind

    def unpack(self, data: torch.Tensor, columns: int) -> torch.Tensor:
        blocks = data.reshape(-1, self.kind.bytes)
        made = _unpacking(self.kind.name)(blocks, self.kind.numbers, self.kind.bytes, dtype=torch.float32)
        return made.reshape(data.shape[0], columns)

    def finish(self, values: torch.Tensor) -> torch.Tensor:
        return values


def read_tensors(file: Path) -> dict[str, torch.Tensor | Packed]:
    """By name; views of the file. Raises BridgeError: model_unreadable, unsupported where the library is missing."""
    tensors = read_gguf(file)
    if any(tensor.kind.name not in PLAIN for tensor in tensors.values()):
        _library(file)
    data = torch.from_numpy(np.memmap(file, dtype=np.uint8, mode="c"))
    return {name: _tensor(data[tensor.place : tensor.place + tensor.size], tensor) for name, tensor in tensors.items()}


def _tensor(data: torch.Tensor, tensor: Tensor) -> torch.Tensor | Packed:
    plain = PLAIN.get(tensor.kind.name)
    if plain is not None:
        aligned = data if data.data_ptr() % plain.itemsize == 0 else data.clone()
        return aligned.view(plain).reshape(tensor.shape)
    columns = tensor.rows[-1]
    rows = data.reshape(-1, columns // tensor.kind.numbers * tensor.kind.bytes)
    packed = Packed(rows, None, Blocks(tensor.kind), columns)
    return packed if tensor.shape == packed.shape else packed.unpacked().reshape(tensor.shape)


@cache
def _unpacking(kind: str) -> Any:
    gguf: Any = importlib.import_module("gguf")
    known: Any = importlib.import_module("diffusers.quantizers.gguf.utils").dequantize_functions
    return known[gguf.GGMLQuantizationType[kind]]


def _library(file: Path) -> None:
    try:
        importlib.import_module("gguf")
    except ImportError as error:
        text = (
            f"{file.name} needs the library gguf. Install it with "
            'pip install "layerbridge[gguf]" and start Layerbridge again, or choose another model.'
        )
        raise BridgeError(ErrorCode.UNSUPPORTED, text) from error

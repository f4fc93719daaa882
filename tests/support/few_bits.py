"""Files whose matrices have few bits, as other programs write them, and the same numbers as float32."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

Tensors = dict[str, torch.Tensor]
Layer = Callable[[torch.Tensor], tuple[Tensors, torch.Tensor]]
"""From a matrix to what follows the layer's name in a file, and to what it means."""
GROUP = 16  # columns that are rotated together


def write(file: Path, weights: Tensors, kind: str) -> tuple[Path, Path]:
    """The file, and beside it `plain.safetensors` with what it means. weights: of which the matrices are changed."""
    stored: Tensors = {"scaled_fp8": torch.zeros(0, dtype=torch.float8_e4m3fn)} if kind == "scaled fp8" else {}
    plain: Tensors = {}
    for name, weight in weights.items():
        if weight.ndim != 2:
            stored[name] = plain[name] = weight.contiguous()
            continue
        ends, plain[name] = KINDS[kind](weight.float())
        stored |= {f"{name.removesuffix('.weight')}.{end}": tensor for end, tensor in ends.items()}
    save_file(stored, file)
    beside = file.with_name("plain.safetensors")
    save_file({name: tensor.contiguous() for name, tensor in plain.items()}, beside)
    return file, beside


def hadamard(size: int) -> torch.Tensor:
    """By the definition: each row and column of the smallest has one -1, and larger ones are made of smaller ones."""
    small = 1 - 2 * torch.eye(4).flip(1)
    return small / 2 if size == 4 else torch.kron(hadamard(size // 4), small / 2)


def _told(**layer: object) -> torch.Tensor:
    return torch.tensor(list(json.dumps(layer).encode()), dtype=torch.uint8)


def _plain_fp8(weight: torch.Tensor) -> tuple[Tensors, torch.Tensor]:
    few = weight.to(torch.float8_e4m3fn)
    return {"weight": few}, few.float()


def _scaled_fp8(weight: torch.Tensor) -> tuple[Tensors, torch.Tensor]:
    scale = weight.abs().max() / 448
    few = (weight / scale).to(torch.float8_e4m3fn)
    ends = {"weight": few, "scale_weight": scale.clone(), "scale_input": torch.ones(())}
    return ends, few.float() * scale


def _comfy_fp8(weight: torch.Tensor) -> tuple[Tensors, torch.Tensor]:
    scale = weight.abs().amax(1) / 448
    few = (weight / scale[:, None]).to(torch.float8_e4m3fn)
    ends = {"weight": few, "weight_scale": scale.clone(), "input_scale": torch.ones(())}
    return {**ends, "comfy_quant": _told(format="float8_e4m3fn_rowwise")}, few.float() * scale[:, None]


def int8_blocks(weight: torch.Tensor) -> tuple[Tensors, torch.Tensor]:
    """In blocks of 8 by 8, too small ones to be few bits."""
    blocks = weight.reshape(weight.shape[0] // 8, 8, weight.shape[1] // 8, 8)
    scale = blocks.abs().amax((1, 3)) / 127
    few = (blocks / scale[:, None, :, None]).round().to(torch.int8)
    plain = (few.float() * scale[:, None, :, None]).reshape(weight.shape)
    ends = {"weight": few.reshape(weight.shape), "weight_scale": scale.clone()}
    return {**ends, "comfy_quant": _told(format="int8_blockwise", group_size=8)}, plain


def _convrot(weight: torch.Tensor) -> tuple[Tensors, torch.Tensor]:
    matrix = hadamard(GROUP)
    turned = (weight.reshape(-1, GROUP) @ matrix.T).reshape(weight.shape)
    scale = turned.abs().amax(1, keepdim=True) / 127
    few = (turned / scale).round().to(torch.int8)
    plain = ((few.float() * scale).reshape(-1, GROUP) @ matrix).reshape(weight.shape)
    about = _told(format="int8_tensorwise", convrot=True, convrot_groupsize=GROUP, per_row=True)
    return {"weight": few, "weight_scale": scale, "comfy_quant": about}, plain


KINDS: dict[str, Layer] = {
    "plain fp8": _plain_fp8,
    "scaled fp8": _scaled_fp8,
    "comfy_quant fp8 by row": _comfy_fp8,
    "ConvRot int8": _convrot,
}

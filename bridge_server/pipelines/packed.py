"""Matrices that stay as small in memory as in their file, and linear layers of them.

What a layer multiplies by is made of them each time, in float32, and rounded once to the precision that the layer runs
in: so it is what the same numbers, unpacked beforehand, would be, and of one layer at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import nn
from torch.nn import functional

UNPACKING_BYTES = 10  # for each number, at most: in float32, what is on the way there, and in half precision


class Packing(Protocol):
    """How a row is written. Equal where rows of both can be one below the other."""

    def unpack(self, data: torch.Tensor, columns: int) -> torch.Tensor:
        """uint8 (rows, bytes of a row) -> float32 (rows, columns), before what it is to be scaled by; a new tensor,
        contiguous.
        """
        ...

    def finish(self, values: torch.Tensor) -> torch.Tensor:
        """float32 (rows, columns), scaled -> the weights."""
        ...


@dataclass(frozen=True)
class Packed:
    """data: uint8, (rows, bytes of a row). scales: float32, (rows, groups of columns), or None. columns: of the matrix
    that it is.
    """

    data: torch.Tensor
    scales: torch.Tensor | None
    packing: Packing
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.data.shape[0], self.columns

    def rows(self, wanted: torch.Tensor) -> Packed:
        """Those of these numbers, in this order; a view where they follow one another."""
        first = int(wanted[0])
        if torch.equal(wanted, torch.arange(first, first + len(wanted))):
            span = slice(first, first + len(wanted))
            return replace(self, data=self.data[span], scales=None if self.scales is None else self.scales[span])
        return replace(self, data=self.data[wanted], scales=None if self.scales is None else self.scales[wanted])

    def unpacked(self) -> torch.Tensor:
        """float32, (rows, columns)."""
        return unpacked(self.data, self.scales, self.packing, self.columns)


def unpacked(data: torch.Tensor, scales: torch.Tensor | None, packing: Packing, columns: int) -> torch.Tensor:
    """See Packed."""
    values = packing.unpack(data, columns)
    if scales is not None:
        values.view(*scales.shape, -1).mul_(scales[:, :, None])
    return packing.finish(values)


def below(pieces: Sequence[Packed]) -> Packed | torch.Tensor:
    """One matrix of several, one below the other; unpacked, float32, where they are of different kinds."""
    first = pieces[0]
    if len(pieces) == 1:
        return first
    kinds = {(piece.packing, piece.columns, piece.scales is None or piece.scales.shape[1]) for piece in pieces}
    if len(kinds) > 1:
        return torch.cat([piece.unpacked() for piece in pieces])
    scales = None if first.scales is None else torch.cat([one.scales for one in pieces if one.scales is not None])
    return replace(first, data=torch.cat([piece.data for piece in pieces]), scales=scales)


class PackedLinear(nn.Module):
    """A linear layer whose matrix is packed. What converts a model to another precision leaves the matrix alone."""

    form: torch.Tensor

    def __init__(self, packed: Packed, bias: torch.Tensor | None, dtype: torch.dtype) -> None:
        """dtype: what adapters take it to run in; it runs in that of its input."""
        super().__init__()
        self.out_features, self.in_features = packed.shape
        self.packing = packed.packing
        self.data = nn.Parameter(packed.data, requires_grad=False)
        scales = None if packed.scales is None else packed.scales.contiguous().view(torch.uint8)
        self.scales = None if scales is None else nn.Parameter(scales, requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)
        self.register_buffer("form", torch.empty(0, dtype=dtype), persistent=False)

    @property
    def weight(self) -> torch.Tensor:
        """Its shape, and the precision that it runs in; without numbers."""
        return torch.empty(self.out_features, self.in_features, dtype=self.form.dtype, device="meta")

    def unpacked(self) -> torch.Tensor:
        """float32, (out_features, in_features)."""
        scales = None if self.scales is None else self.scales.view(torch.float32)
        return unpacked(self.data, scales, self.packing, self.in_features)

    @property
    def unpacking_bytes(self) -> int:
        """Memory that a run takes beside the layer's own."""
        return UNPACKING_BYTES * self.out_features * self.in_features

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        bias = None if self.bias is None else self.bias.to(values.dtype)
        return functional.linear(values, self.unpacked().to(values.dtype), bias)


def unpacking_bytes(module: nn.Module) -> int:
    """What its largest packed layer takes when it runs, beside the weights; 0 where there is none."""
    layers = (layer for layer in module.modules() if isinstance(layer, PackedLinear))
    return max((layer.unpacking_bytes for layer in layers), default=0)

"""Adapters whose change of a layer is a product of small matrices that no two layers one after the other can do.

LoHa: (w1_a w1_b) * (w2_a w2_b), value by value (FedPara, https://arxiv.org/abs/2108.06098). LoKr: w1 and w2's
Kronecker product, each of them whole or a product itself (https://arxiv.org/abs/2309.14859). The names of the tensors,
and that the scale is alpha / rank, or 1 where both factors of LoKr are whole: https://github.com/KohakuBlueleaf/LyCORIS.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Factor:
    """One of the two that are multiplied: `a` alone, or a @ b, or with a kernel between them (Tucker's decomposition):
    t (ranks of a and b, kernel), a (rank, outputs), b (rank, inputs).
    """

    a: torch.Tensor
    b: torch.Tensor | None = None
    t: torch.Tensor | None = None

    def whole(self) -> torch.Tensor:
        if self.b is None:
            return self.a
        if self.t is None:
            return self.a.flatten(1) @ self.b.flatten(1)
        return torch.einsum("ijhw,ip,jr->prhw", self.t, self.a, self.b)

    @property
    def rank(self) -> int:
        """0 where it is whole."""
        return 0 if self.b is None else self.b.shape[0]

    def to(self, device: torch.device, dtype: torch.dtype) -> Factor:
        moved = (None if one is None else one.to(device, dtype) for one in (self.b, self.t))
        return Factor(self.a.to(device, dtype), *moved)


@dataclass(frozen=True)
class Rows:
    """Those of a matrix from `start` to `stop`, counted in shares, of which the whole has `of`."""

    start: int
    stop: int
    of: int

    @property
    def share(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Product:
    """What changes one layer, as adapter_files.Delta says. kron: of LoKr, else of LoHa. scale: of the product. rows: of
    the product that are the layer's; None: all.
    """

    component: str
    layer: str
    factors: tuple[Factor, Factor]
    kron: bool
    scale: float
    rows: Rows | None = None

    def values(self) -> int:
        """Of the layer's weight that it makes; 0 where its rows cannot be shared out."""
        if self.kron:
            whole = math.prod(factor.whole().numel() for factor in self.factors)
        else:
            whole = self.factors[0].whole().numel()
        if self.rows is None:
            return whole
        return 0 if whole % self.rows.of else whole // self.rows.of * self.rows.share

    def change(self, shape: Sequence[int]) -> torch.Tensor:
        """What is added to a weight of this shape. Raises RuntimeError where it is none of that size."""
        one, other = (factor.whole() for factor in self.factors)
        if self.kron:
            one = one.reshape(*one.shape, *(1,) * (other.ndim - one.ndim))
            whole = torch.kron(one, other.contiguous()) * self.scale
        else:
            whole = one * other * self.scale
        if self.rows is None:
            return whole.reshape(tuple(shape))
        height = shape[0] // self.rows.share
        return whole.reshape(height * self.rows.of, *shape[1:])[height * self.rows.start :][: shape[0]]

    def to(self, device: torch.device, dtype: torch.dtype) -> Product:
        one, other = (factor.to(device, dtype) for factor in self.factors)
        return replace(self, factors=(one, other))


def product(component: str, layer: str, tensors: Tensors) -> Product:
    """tensors: float32, by what follows the layer's name in the file. Raises LookupError or ValueError for tensors that
    do not belong together.
    """
    kron = any(name.startswith("lokr_") for name in tensors)
    start = "lokr_" if kron else "hada_"
    factors = tuple(_factor(tensors, start, number) for number in (1, 2))
    rank = max(factor.rank for factor in factors)
    scale = float(tensors["alpha"]) / rank if "alpha" in tensors and rank else 1.0
    made = Product(component, layer, (factors[0], factors[1]), kron, scale)
    if not kron and factors[0].whole().shape != factors[1].whole().shape:
        raise ValueError(f"{layer} has factors of different sizes")
    return made


def _factor(tensors: Tensors, start: str, number: int) -> Factor:
    whole = tensors.get(f"{start}w{number}")
    if whole is not None:
        return Factor(whole)
    return Factor(tensors[f"{start}w{number}_a"], tensors[f"{start}w{number}_b"], tensors.get(f"{start}t{number}"))

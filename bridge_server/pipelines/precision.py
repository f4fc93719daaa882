"""Runs one module in another precision than what surrounds it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def run_in(module: nn.Module, inner: torch.dtype, outer: torch.dtype) -> None:
    """Convert `module` to `inner`; its arguments are converted on the way in, its results to `outer` on the way out."""
    if getattr(module, "hf_quantizer", None) is None:  # what has few bits was loaded in its precision
        module.to(dtype=inner)

    def enter(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        return tuple(_cast(value, inner) for value in args), {key: _cast(value, inner) for key, value in kwargs.items()}

    def leave(_module: nn.Module, _args: Any, output: Any) -> Any:
        return tuple(_cast(value, outer) for value in output) if isinstance(output, tuple) else output

    module.register_forward_pre_hook(enter, with_kwargs=True)
    module.register_forward_hook(leave)


def _cast(value: Any, dtype: torch.dtype) -> Any:
    """Only tensors of more than one number: a timestep keeps its precision."""
    if isinstance(value, torch.Tensor) and value.is_floating_point() and value.ndim > 1:
        return value.to(dtype)
    return value

"""Stops a model in the middle of a step: hooks on its layers that ask whether to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

LAYER_GROUPS = ("resnets", "attentions")


@contextmanager
def stoppable(models: Iterable[nn.Module], check: Callable[[], None]) -> Iterator[None]:
    """While inside, `check` is called before every residual and attention layer of `models`; what it raises goes up."""

    def ask(_module: nn.Module, _inputs: Any) -> None:
        check()

    handles = [layer.register_forward_pre_hook(ask) for model in models for layer in _layers(model)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _layers(model: nn.Module) -> Iterator[nn.Module]:
    for block in model.modules():
        for group in LAYER_GROUPS:
            layers = getattr(block, group, None)
            if isinstance(layers, nn.ModuleList):
                yield from layers

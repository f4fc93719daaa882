"""Stops a model in the middle of a step: hooks on its layers that ask whether to go on.

Which layers these are, the family says, component by component. A model without them could not be stopped, and is not
loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

from ..errors import BridgeError, ErrorCode
from ..families.base import Component, FamilySpec


@contextmanager
def cancellable(layers: Iterable[nn.Module], check: Callable[[], None]) -> Iterator[None]:
    """While inside, `check` is called before each of `layers` runs; what it raises goes up."""

    def ask(_module: nn.Module, _inputs: Any) -> None:
        check()

    handles = [layer.register_forward_pre_hook(ask) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def layers_of(parts: Mapping[str, Any], components: Mapping[str, Component]) -> list[nn.Module]:
    """The layers of a loaded model before which a run can be stopped, as its family's components name them."""
    named = ((part, components[name].blocks) for name, part in parts.items() if name in components)
    return [layer for part, blocks in named if isinstance(part, nn.Module) for layer in _layers(part, blocks)]


def check_cancellable(parts: Mapping[str, Any], spec: FamilySpec) -> None:
    """Raises BridgeError(unsupported) where what paints, or a component that names blocks, has none of them."""
    for name, component in spec.components.items():
        if name not in parts or not (component.blocks or name == spec.denoiser):
            continue
        if not layers_of({name: parts[name]}, spec.components):
            raise BridgeError(
                ErrorCode.UNSUPPORTED,
                f"This model of the family {spec.title} could not be stopped while it paints, so it is not loaded. "
                "Choose another model, and please report this one.",
                f"{name} has no layers called {' or '.join(component.blocks) or 'anything: its family names none'}",
            )


def _layers(model: nn.Module, groups: Iterable[str]) -> Iterator[nn.Module]:
    groups = tuple(groups)
    for block in model.modules():
        for group in groups:
            layers = getattr(block, group, None)
            if isinstance(layers, nn.ModuleList):
                yield from layers

"""Adds LoRAs to a loaded model for one run: hooks on its layers, which go again. No weight of the model is touched.

So taking them away leaves the same bytes by construction, in every precision, and wherever the parts of the model are
moved meanwhile. Merging into the weights would round: in bfloat16 much of a weak LoRA is lost in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

from ..errors import BridgeError, ErrorCode
from ..models.described import LORA
from ..models.lora import layer_name
from ..protocol.tasks import AdapterRef
from .adapter_files import Delta
from .generation import Watch

if TYPE_CHECKING:
    from .family import Loaded

Weighted = tuple[Delta, float]


@contextmanager
def added(loaded: Loaded, adapters: Sequence[AdapterRef], watch: Watch) -> Iterator[None]:
    """While inside, the layers of the model add what the adapters say. One of weight 0 is not even read.

    Raises BridgeError: unsupported (also where nothing of an adapter fits), model_not_found, model_unreadable.
    """
    used = [adapter for adapter in adapters if adapter.weight]
    changes = _changes(loaded, used, watch) if used else {}
    device = loaded.device.torch
    with ExitStack() as stack:
        for layer, deltas in changes.items():
            stack.callback(layer.register_forward_hook(_Addition(layer, deltas, device)).remove)
        yield


def _changes(loaded: Loaded, adapters: Sequence[AdapterRef], watch: Watch) -> dict[nn.Module, list[Weighted]]:
    """What changes each layer."""
    spec = loaded.spec
    fitting = spec.adapters.get(LORA)
    if fitting is None:
        text = f"{spec.title} takes no LoRA. Leave {adapters[0].name} out, or choose another model."
        raise BridgeError(ErrorCode.UNSUPPORTED, text)
    layers = _layers_by_name(loaded.parts, tuple(fitting.parts))
    changes: dict[nn.Module, list[Weighted]] = {}
    for adapter, deltas in zip(adapters, loaded.adapters.read(adapters, fitting, spec.denoiser), strict=True):
        places = [(layers.get((delta.component, delta.layer)), delta) for delta in deltas]
        good = [(layer, delta) for layer, delta in places if layer is not None and _fits(layer, delta)]
        if not good:
            raise BridgeError(
                ErrorCode.UNSUPPORTED,
                f"The LoRA {adapter.name} would change nothing: none of the {len(deltas)} layers that it is for is in "
                f"the model {loaded.ref.name}. Choose another one.",
            )
        if len(good) < len(deltas):
            text = f"Of the LoRA {adapter.name} only {len(good)} of {len(deltas)} layers fit the model."
            watch.warn("adapter_partly", text)
        for layer, delta in good:
            changes.setdefault(layer, []).append((delta, adapter.weight))
    return changes


def _layers_by_name(parts: Mapping[str, Any], components: Sequence[str]) -> dict[tuple[str, str], Any]:
    """The layers that a LoRA can change, by component and name (models/lora.py)."""
    return {
        (component, layer_name(name)): layer
        for component in components
        if isinstance(parts.get(component), nn.Module)
        for name, layer in parts[component].named_modules()
        if isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.groups == 1)
    }


def _fits(layer: Any, delta: Delta) -> bool:
    outputs, *inputs = layer.weight.shape
    return delta.up.shape[0] == outputs and _squeezed(delta.down.shape[1:]) == _squeezed(inputs)


def _squeezed(sides: Sequence[int]) -> tuple[int, ...]:
    """Without a kernel of one pixel: some programs write such convolutions as matrices, and matrices as those."""
    return tuple(sides[:1]) if all(side == 1 for side in sides[1:]) else tuple(sides)


class _Addition:
    """A forward hook: all that is added to a layer, as two layers of its kind, one after the other."""

    def __init__(self, layer: Any, deltas: Sequence[Weighted], device: torch.device) -> None:
        kernel = tuple(layer.weight.shape[2:])
        down = torch.cat([delta.down.reshape(delta.down.shape[0], -1, *kernel) for delta, _ in deltas])
        up = torch.cat([delta.up * weight for delta, weight in deltas], dim=1)
        self._down, self._up = (matrix.to(device, layer.weight.dtype) for matrix in (down, up))

    def __call__(self, layer: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = inputs[0].to(output.device)
        if isinstance(layer, nn.Conv2d):
            padding: Any = layer.padding
            inner = functional.conv2d(values, self._down, None, layer.stride, padding, layer.dilation)
            return output + functional.conv2d(inner, self._up[:, :, None, None])
        return output + functional.linear(functional.linear(values, self._down), self._up)

"""Adds LoRAs to a loaded model for one run: hooks on its layers, which go again. No weight of the model is touched.

So taking them away leaves the same bytes by construction, in every precision, and wherever the parts of the model are
moved meanwhile. Merging into the weights would round: in bfloat16 much of a weak LoRA is lost in it.
"""

from __future__ import annotations

import math
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
from .adapter_files import Change, Delta
from .generation import Watch
from .lycoris import Product
from .packed import PackedLinear

if TYPE_CHECKING:
    from .family import Loaded

Weighted = tuple[Change, float]


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
    for adapter, lora in zip(adapters, loaded.adapters.read(adapters, fitting, spec.denoiser), strict=True):
        places = [(layers.get((delta.component, delta.layer)), delta) for delta in lora.changes]
        count = len(places) + lora.unplaced
        good = [(layer, delta) for layer, delta in places if layer is not None and _fits(layer, delta)]
        if not good:
            raise BridgeError(
                ErrorCode.UNSUPPORTED,
                f"The LoRA {adapter.name} would change nothing: none of the {count} layers that it is for is in "
                f"the model {loaded.ref.name}. Choose another one.",
            )
        if len(good) < count:
            text = f"Of the LoRA {adapter.name} only {len(good)} of {count} layers fit the model."
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
        if isinstance(layer, (nn.Linear, PackedLinear)) or (isinstance(layer, nn.Conv2d) and layer.groups == 1)
    }


def _fits(layer: Any, delta: Change) -> bool:
    if not isinstance(delta, Delta):
        return delta.values() == math.prod(_shape_of(layer))
    outputs, *inputs = _shape_of(layer)
    return delta.up.shape[0] == outputs and _squeezed(delta.down.shape[1:]) == _squeezed(inputs)


def _shape_of(layer: Any) -> tuple[int, ...]:
    """Of its weight, which libraries for few bits keep in other shapes."""
    return tuple(layer.weight.shape) if isinstance(layer, nn.Conv2d) else (layer.out_features, layer.in_features)


def _squeezed(sides: Sequence[int]) -> tuple[int, ...]:
    """Without a kernel of one pixel: some programs write such convolutions as matrices, and matrices as those."""
    return tuple(sides[:1]) if all(side == 1 for side in sides[1:]) else tuple(sides)


class _Addition:
    """A forward hook: all LoRAs that are added to a layer, as two layers of its kind, one after the other; and each
    LoHa and LoKr as one, whose weight is made of its small matrices each time, since all of them would take as much
    memory as the model.
    """

    def __init__(self, layer: Any, changes: Sequence[Weighted], device: torch.device) -> None:
        self._shape = _shape_of(layer)
        dtype = layer.weight.dtype if layer.weight.is_floating_point() else torch.float32
        deltas = [(change, weight) for change, weight in changes if isinstance(change, Delta)]
        self._products = [
            (change.to(device, dtype), weight) for change, weight in changes if isinstance(change, Product)
        ]
        self._pair: tuple[torch.Tensor, torch.Tensor] | None = None
        if deltas:
            kernel = self._shape[2:]
            down = torch.cat([delta.down.reshape(delta.down.shape[0], -1, *kernel) for delta, _ in deltas])
            up = torch.cat([delta.up * weight for delta, weight in deltas], dim=1)
            self._pair = down.to(device, dtype), up.to(device, dtype)

    def __call__(self, layer: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = inputs[0].to(output.device)
        if self._pair is not None:
            down, up = (matrix.to(values.dtype) for matrix in self._pair)
            inner = _applied(layer, values, down)
            output = output + (
                functional.conv2d(inner, up[:, :, None, None])
                if isinstance(layer, nn.Conv2d)
                else functional.linear(inner, up)
            )
        for change, weight in self._products:
            output = output + _applied(layer, values, change.change(self._shape).to(values.dtype)) * weight
        return output


def _applied(layer: Any, values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """What a layer of this kind without bias makes of the values, with another weight."""
    if not isinstance(layer, nn.Conv2d):
        return functional.linear(values, weight)
    padding: Any = layer.padding
    return functional.conv2d(values, weight, None, layer.stride, padding, layer.dilation)

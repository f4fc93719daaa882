"""Gives weights memory of their own, so that nothing that happens to the model's files can change them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn


def own_memory(modules: Iterable[nn.Module], progress: Callable[[], None] = lambda: None) -> None:
    """Copy every weight that lies in main memory, one after another.

    safetensors' tensors are views of the mapped file: where nothing converts or moves them, a file that is written over
    changes the loaded model, and one that becomes shorter ends the process (SIGBUS). progress: called after each.
    """
    with torch.no_grad():
        for module in modules:
            for tensor in [*module.parameters(), *module.buffers()]:
                if tensor.device.type == "cpu":
                    tensor.data = tensor.data.clone()
                    progress()

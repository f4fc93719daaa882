"""What a family promises that takes adapters, and what one does that takes none; as contract.py."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.pipelines.generation import Unwatched
from bridge_server.protocol.tasks import AdapterRef

from .contract import Subject
from .loras import ALPHA, RANK, adapter, as_files_have_it, layers_of, write_lora

ROUNDING = 2e-3  # of a picture in 0..1 after four steps in single precision


def takes_adapters(subject: Subject) -> bool:
    return "lora" in subject.family.spec.adapters


def adds_adapters_and_leaves_no_trace(subject: Subject, folder: Path) -> None:
    """With weight 0 the bytes are those without; with another they differ; and afterwards those without come back, also
    where the run failed. Without any, a model of a family that takes none says so.
    """
    if not takes_adapters(subject):
        refuses_adapters(subject)
        return
    file = write_lora(folder, subject.loaded)
    plain, state = subject.paint().pixels.tobytes(), weights_of(subject)
    assert subject.paint(adapters=(adapter(file, 0.0),)).pixels.tobytes() == plain
    made = {weight: subject.paint(adapters=(adapter(file, weight),)).pixels for weight in (0.5, 1.0, -1.0)}
    assert len({plain, *(pixels.tobytes() for pixels in made.values())}) == 4
    assert np.abs(made[1.0] - np.frombuffer(plain, np.float32).reshape(made[1.0].shape)).mean() > 1e-3
    assert subject.paint(adapters=(adapter(file, 0.5),)).pixels.tobytes() == made[0.5].tobytes()
    assert subject.paint().pixels.tobytes() == plain
    for part in subject.loaded.parts.values():
        for layer in part.modules() if isinstance(part, torch.nn.Module) else ():
            assert not any("Addition" in type(hook).__name__ for hook in layer._forward_hooks.values())
    assert all(torch.equal(before, after) for before, after in zip(state, weights_of(subject), strict=True))


def refuses_adapters(subject: Subject) -> None:
    try:
        subject.paint(adapters=(AdapterRef("ink", "ink.safetensors", "lora", 1.0),))
    except BridgeError as error:
        assert error.code is ErrorCode.UNSUPPORTED and "takes no LoRA" in error.message, error.message
    else:
        raise AssertionError("it took an adapter that its family does not declare")


def adds_several_in_any_order(subject: Subject, folder: Path) -> None:
    """In single precision."""
    one, other = (adapter(write_lora(folder, subject.loaded, name=str(seed), seed=seed), 0.7) for seed in (1, 2))
    both, alone = subject.paint(adapters=(one, other)).pixels, subject.paint(adapters=(one,)).pixels
    assert np.abs(both - alone).mean() > 1e-3
    assert np.abs(both - subject.paint(adapters=(other, one)).pixels).max() < ROUNDING


def adds_what_merged_weights_would(subject: Subject, folder: Path) -> None:
    """In single precision, to rounding: linear layers and convolutions, of every component, merged by hand."""
    file = write_lora(folder, subject.loaded, where=lambda _: True, strength=0.3)
    merged = with_merged_weights(subject, file, 0.8)
    wanted = merged.paint().pixels
    assert np.abs(wanted - subject.paint().pixels).mean() > 5e-3
    watch = Unwatched()
    assert np.abs(subject.paint(watch, adapters=(adapter(file, 0.8),)).pixels - wanted).max() < ROUNDING
    assert not watch.warnings


def with_merged_weights(subject: Subject, file: Path, weight: float) -> Subject:
    """A copy of the model: weight + strength * alpha / rank * up @ down, in double precision."""
    from safetensors.numpy import load_file

    tensors = load_file(file)
    parts: dict[str, Any] = {
        name: copy.deepcopy(part) if name in subject.family.spec.adapters["lora"].parts else part
        for name, part in subject.loaded.parts.items()
    }
    changed = Subject(subject.family, replace(subject.loaded, parts=parts))
    for (component, name), layer in layers_of(changed.loaded).items():
        prefix = subject.family.spec.adapters["lora"].parts[component].prefix
        flat = prefix + as_files_have_it(component, name).replace(".", "_")
        down, up = (tensors[f"{flat}.lora_{kind}.weight"].astype(np.float64) for kind in ("down", "up"))
        change = up.reshape(len(up), RANK) @ down.reshape(RANK, -1) * (weight * ALPHA / RANK)
        with torch.no_grad():
            merged = layer.weight.double() + torch.from_numpy(change).reshape(layer.weight.shape)
            layer.weight.copy_(merged)
    return changed


def weights_of(subject: Subject) -> list[torch.Tensor]:
    parts = [part for part in subject.loaded.parts.values() if isinstance(part, torch.nn.Module)]
    return [tensor.clone() for part in parts for tensor in part.state_dict().values()]

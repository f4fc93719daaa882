"""Training states on disk: written whole or not at all, readable without pickle, the same state after loading."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file


def save_tensors(path: Path, tensors: dict[str, torch.Tensor], notes: dict[str, Any]) -> None:
    """Replace the file at once, so that whoever reads it or is stopped meanwhile has the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, str(unfinished), {"notes": json.dumps(notes)})
    unfinished.replace(path)


def load_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    with safe_open(str(path), "pt") as file:
        notes = json.loads((file.metadata() or {}).get("notes", "{}"))
        return {name: file.get_tensor(name) for name in file.keys()}, notes  # noqa: SIM118 - not a dict


def training_state(
    network: torch.nn.Module, average: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer]
) -> dict[str, torch.Tensor]:
    """Weights, their running average and the optimisers' moments, under names that sort together."""
    state = {f"weights/{name}": value for name, value in network.state_dict().items()}
    state |= {f"average/{name}": value for name, value in average.state_dict().items()}
    for number, optimizer in enumerate(optimizers):
        for index, moments in optimizer.state_dict()["state"].items():
            state |= {f"moments/{number}/{index}/{name}": value for name, value in moments.items()}
    return state


def restore_training(
    state: dict[str, torch.Tensor],
    network: torch.nn.Module,
    average: torch.nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
) -> None:
    network.load_state_dict(_under("weights/", state))
    average.load_state_dict(_under("average/", state))
    for number, optimizer in enumerate(optimizers):
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in _under(f"moments/{number}/", state).items():
            index, moment = name.split("/")
            moments.setdefault(int(index), {})[moment] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _under(prefix: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}


@dataclass(frozen=True)
class Pauses:
    """When training stops to write: a checkpoint every `checkpoint_s` seconds and after it `at_checkpoint`; a line in
    the log every `log_every` steps. It ends after `minutes`, at `until_step`, or when `asked_to_stop`.
    """

    checkpoint: Path
    minutes: float
    at_checkpoint: Callable[[], None] = lambda: None
    checkpoint_s: float = 300.0
    log_every: int = 100
    until_step: int = 1_000_000_000
    asked_to_stop: Callable[[], bool] = lambda: False

    def over(self, step: int, spent_s: float) -> bool:
        return step >= self.until_step or spent_s >= self.minutes * 60 or self.asked_to_stop()


class RunningAverage:
    """The exponential average of a network's weights, quicker at first: what is sampled from and shipped."""

    def __init__(self, network: torch.nn.Module, average: torch.nn.Module, slowest: float) -> None:
        self.average = average.requires_grad_(False).eval()
        self._pairs = list(average.parameters()), list(network.parameters())
        self._slowest = slowest

    @torch.no_grad()
    def update(self, step: int) -> None:
        kept = min(self._slowest, (1 + step) / (10 + step))
        torch._foreach_lerp_(*self._pairs, weight=1 - kept)

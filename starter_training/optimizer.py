"""The denoiser's optimiser: Muon for matrices and convolutions, AdamW for everything else.

Muon (Jordan 2024, https://kellerjordan.github.io/posts/muon/) makes each update of a matrix orthogonal, so that rare
directions move as far as common ones. Its steps are scaled to the length of AdamW's (Liu et al. 2025, arXiv
2502.16982), so that both take one learning rate. docs/starter-model.md says what it gained here.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .team import Team

ENDS = ("unet.conv_in.", "unet.conv_out.", "embedding")  # the first and last layers and what is looked up by rows
MOMENTUM = 0.95
BETAS = (0.9, 0.99)


class Optimizer:
    """Both optimisers as one. weight_decay: for both."""

    def __init__(self, network: torch.nn.Module, weight_decay: float) -> None:
        named = dict(network.named_parameters())
        self._matrices = [value for name, value in named.items() if _is_inner_matrix(name, value)]
        rest = [value for name, value in named.items() if not _is_inner_matrix(name, value)]
        self._flat = [value.data.view(len(value), -1) for value in self._matrices]
        self._muon = torch.optim.Muon(
            self._flat, weight_decay=weight_decay, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw"
        )
        self._adam = torch.optim.AdamW(rest, betas=BETAS, weight_decay=weight_decay, fused=True)
        self._network = network

    @property
    def parts(self) -> tuple[torch.optim.Optimizer, ...]:
        """What has moments to be kept in a checkpoint."""
        return (self._muon, self._adam)

    def step(self, matrix_rate: float, rate: float, team: Team) -> None:
        """Move along the gradients, and forget them. Each of the team makes its share of the updates of matrices
        orthogonal, which takes half the time of a small batch; the momentum of all is kept by all.
        """
        owners = share_costs([flat.numel() * min(flat.shape) for flat in self._flat], team.size)
        for flat, matrix, owner in zip(self._flat, self._matrices, owners, strict=True):
            gradient = None if matrix.grad is None else matrix.grad.view_as(flat)
            flat.grad = gradient if owner == team.rank else None
            if gradient is not None and owner != team.rank:
                self._momentum(flat).lerp_(gradient, 1 - MOMENTUM)
        for optimizer, lr in zip(self.parts, (matrix_rate, rate), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = lr
            optimizer.step()
        team.hand_round(self._flat, owners)
        self._network.zero_grad(set_to_none=True)

    def _momentum(self, flat: torch.Tensor) -> torch.Tensor:
        """Muon's own of this matrix, as it would be had Muon met it."""
        state = self._muon.state[flat]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(flat)
        return state["momentum_buffer"]


def share_costs(costs: Sequence[int], size: int) -> list[int]:
    """Who of `size` takes each of the tasks, so that all have about as much to do: the costliest first, each to
    whoever has least.
    """
    loads = [0] * size
    owners = [0] * len(costs)
    for index in sorted(range(len(costs)), key=lambda index: -costs[index]):
        owners[index] = loads.index(min(loads))
        loads[owners[index]] += costs[index]
    return owners


def _is_inner_matrix(name: str, value: torch.Tensor) -> bool:
    return value.ndim >= 2 and not any(end in name for end in ENDS)

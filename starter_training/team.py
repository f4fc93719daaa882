"""Processes that train one network together, each with its share of every batch.

On CPUs two processes of one thread are quicker than one process of two: `torchrun --nproc-per-node 2 -m
starter_training.run …` starts them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.distributed


@dataclass(frozen=True)
class Team:
    """rank: which of `size` processes this one is, from 0. A team of one does everything itself."""

    rank: int = 0
    size: int = 1

    def any(self, mine: bool) -> bool:
        """Whether it is so for any of the team, which all come to know."""
        if self.size == 1:
            return mine
        flag = torch.tensor(float(mine))
        torch.distributed.all_reduce(flag, torch.distributed.ReduceOp.MAX)
        return bool(flag)

    def average_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace every gradient by its mean over the team."""
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        together = torch.cat([gradient.flatten() for gradient in gradients])
        torch.distributed.all_reduce(together)
        together /= self.size
        pieces = together.split([gradient.numel() for gradient in gradients])
        torch._foreach_copy_(
            gradients, [piece.view_as(gradient) for piece, gradient in zip(pieces, gradients, strict=True)]
        )

    def hand_round(self, tensors: Sequence[torch.Tensor], owners: Sequence[int]) -> None:
        """Give all of the team what each tensor is at its owner."""
        if self.size == 1:
            return
        for rank in range(self.size):
            owned = [tensor for tensor, owner in zip(tensors, owners, strict=True) if owner == rank]
            together = torch.cat([tensor.flatten() for tensor in owned])
            torch.distributed.broadcast(together, rank)
            if rank != self.rank:
                pieces = together.split([tensor.numel() for tensor in owned])
                torch._foreach_copy_(owned, [piece.view_as(own) for piece, own in zip(pieces, owned, strict=True)])

    def share_out(self, indices: range, make: Callable[[int], object]) -> None:
        """Make all of `indices`, each by one of the team; returns when all are made."""
        for index in indices:
            if index % self.size == self.rank:
                make(index)
        if self.size > 1:
            torch.distributed.barrier()

    def my_rows(self, count: int) -> slice:
        """Which of a batch's `count` rows are this one's. Raises ValueError where they cannot be shared equally."""
        if count % self.size:
            raise ValueError(f"a batch of {count} cannot be shared equally among {self.size} processes")
        share = count // self.size
        return slice(self.rank * share, (self.rank + 1) * share)


def in_company() -> bool:
    """Whether torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def join_team() -> Team:
    """The team that torchrun started this process for; a team of one where it was started alone."""
    if not in_company():
        return Team()
    torch.distributed.init_process_group("gloo")
    return Team(torch.distributed.get_rank(), torch.distributed.get_world_size())

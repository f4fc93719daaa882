"""Training of the refiner: steps of random crops, a running average of the weights, checkpoints to go on from."""

from __future__ import annotations

import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .network import Refiner, fold, unfold
from .samples import Batch, Bytes, make_batch

BATCH, CROP_SIDE = 8, 160
RATE, DECAY = 2e-3, 1e-4
WARM_UP, COOLDOWN = 100, 0.4  # steps; of all steps, over which the rate falls to nothing
AVERAGED = 0.998  # of the running average that a step leaves as it was
BAND = 12  # pixels around what is partly covered, as bench/cutouts measures
ELSEWHERE = 0.3  # weight of what is not in the band
ENTROPY, GRADIENT = 0.1, 0.5  # weights beside the absolute error's 1
NOTED_EVERY, KEPT_EVERY = 50, 250  # steps


def train(shards: list[Bytes], folder: Path, steps: int, batch: int = BATCH) -> Refiner:
    """The averaged network after all steps. What a checkpoint in the folder has is not done again."""
    refiner = Refiner().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(refiner)
    optimizer = torch.optim.AdamW(refiner.parameters(), lr=RATE, weight_decay=DECAY)
    checkpoint, first = folder / "refiner.pt", 0
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True)
        first = kept["step"]
        for part, name in ((refiner, "refiner"), (average, "average"), (optimizer, "optimizer")):
            part.load_state_dict(kept[name])
    losses: list[float] = []
    begun = time.monotonic()
    for step in range(first, steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * _share_of_rate(step, steps)
        losses.append(_step(refiner, optimizer, make_batch(shards, batch, CROP_SIDE, np.random.default_rng((43, step)))))
        _follow(average, refiner, min(AVERAGED, (step + 1) / (step + 10)))
        if (step + 1) % NOTED_EVERY == 0:
            print(f"{step + 1} {np.mean(losses[-NOTED_EVERY:]):.4f} {time.monotonic() - begun:.0f} s", flush=True)
        if (step + 1) % KEPT_EVERY == 0 or step + 1 == steps:
            state = {"step": step + 1, "refiner": refiner.state_dict(), "average": average.state_dict()}
            torch.save({**state, "optimizer": optimizer.state_dict()}, checkpoint.with_suffix(".unfinished"))
            checkpoint.with_suffix(".unfinished").replace(checkpoint)
    return average.eval()


def _step(refiner: Refiner, optimizer: torch.optim.Optimizer, batch: Batch) -> float:
    refiner.train()
    found = refiner(fold(torch.from_numpy(batch.seen)).contiguous(memory_format=torch.channels_last))
    loss, error = _loss(unfold(found), torch.from_numpy(batch.alpha))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return error


def _loss(found: Tensor, alpha: Tensor) -> tuple[Tensor, float]:
    """The loss, and the absolute error in the band."""
    partly = ((alpha > 0.02) & (alpha < 0.98)).float()[:, None]
    band = functional.max_pool2d(partly, 2 * BAND + 1, 1, BAND)[:, 0]
    weight = band + ELSEWHERE * (1 - band)
    weight = weight / weight.mean()
    off = torch.sigmoid(found) - alpha
    entropy = functional.binary_cross_entropy_with_logits(found, alpha, weight)
    steps = sum((weight * (off - off.roll(1, axis))).abs().mean() for axis in (1, 2))
    loss = (weight * off.abs()).mean() + ENTROPY * entropy + GRADIENT * steps
    return loss, float((off.detach().abs() * band).sum() / band.sum().clamp(min=1))


def _share_of_rate(step: int, steps: int) -> float:
    left = (steps - step) / (COOLDOWN * steps)
    return min(1.0, (step + 1) / WARM_UP, left)


@torch.no_grad()
def _follow(average: Refiner, refiner: Refiner, kept: float) -> None:
    for mean, own in zip(average.state_dict().values(), refiner.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(own, 1 - kept)
        else:
            mean.copy_(own)

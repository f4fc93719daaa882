"""Training of the refiner: steps of random crops, a running average of the weights, checkpoints to go on from."""

from __future__ import annotations

import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bridge_server.edit.matting.likeness import unlikeness

from .network import SHARE, Refiner, logits
from .samples import HAIRY, Batch, Bytes, make_batch

BATCH, CROP_SIDE = 8, 128
RATE, DECAY = 2e-3, 1e-4
FIRST, STEPS = 1100, 3500  # steps with the hairy shards alone; all steps, the others with every shard
WARM_UP, COOLDOWN = 100, 0.4  # steps; of the steps of either part, over which the rate falls to nothing
OWN, OWN_FROM = 3, 1750  # crops of a batch whose share is what the network itself says; from which step on
AVERAGED = 0.998  # of the running average that a step leaves as it was
BAND = 12  # pixels around what is partly covered, as bench/cutouts measures
ELSEWHERE = 0.3  # weight of what is not in the band
ENTROPY, GRADIENT = 0.1, 0.5  # weights beside the absolute error's 1
NOTED_EVERY, KEPT_EVERY = 50, 250  # of them


def train(shards: list[Bytes], folder: Path, steps: int, batch: int = BATCH) -> Refiner:
    """The averaged network after all steps. What a checkpoint in the folder has is not done again."""
    refiner = Refiner()
    average = copy.deepcopy(refiner).eval()
    optimizer = Optimizer(refiner)
    checkpoint, first = folder / "refiner.pt", 0
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True)
        first = kept["step"]
        refiner.load_state_dict(kept["refiner"])
        average.load_state_dict(kept["average"])
        optimizer.load(kept["optimizer"])
    losses: list[float] = []
    begun = time.monotonic()
    for step in range(first, steps):
        known = shards[:HAIRY] if step < FIRST else shards
        made = make_batch(known, batch, CROP_SIDE, np.random.default_rng((43, step)))
        if step >= OWN_FROM:
            made = seen_again(made, average, OWN)
        refiner.train()
        loss, error = _loss(logits(refiner, torch.from_numpy(made.seen)), torch.from_numpy(made.alpha))
        loss.backward()
        optimizer.step(RATE * rate_at(step, steps))
        losses.append(error)
        _follow(average, refiner, min(AVERAGED, (step + 1) / (step + 10)))
        if (step + 1) % NOTED_EVERY == 0:
            print(f"{step + 1} {np.mean(losses[-NOTED_EVERY:]):.4f} {time.monotonic() - begun:.0f} s", flush=True)
        if (step + 1) % KEPT_EVERY == 0 or step + 1 == steps:
            state = {"step": step + 1, "refiner": refiner.state_dict(), "average": average.state_dict()}
            torch.save({**state, "optimizer": optimizer.state()}, checkpoint.with_suffix(".unfinished"))
            checkpoint.with_suffix(".unfinished").replace(checkpoint)
    return average


@torch.no_grad()
def seen_again(batch: Batch, refiner: Refiner, count: int) -> Batch:
    """With what the refiner says of the first `count` crops as their share: it is asked more than once of a picture."""
    seen = batch.seen.copy()
    shares = torch.sigmoid(logits(refiner, torch.from_numpy(seen[:count]))).numpy()
    for one, share in zip(seen, shares, strict=False):
        one[SHARE], one[SHARE + 1 :] = share, unlikeness(one[:SHARE].transpose(1, 2, 0), share).transpose(2, 0, 1)
    return Batch(seen, batch.alpha)


class Optimizer:
    """Muon for the inner convolutions, AdamW for all else (starter_training/optimizer.py tells of both)."""

    def __init__(self, refiner: Refiner) -> None:
        self._refiner = refiner
        inner = {name: value for name, value in refiner.named_parameters() if name.startswith(("down", "up"))}
        self._matrices = [value for value in inner.values() if value.ndim == 4]
        self._flat = [value.data.view(len(value), -1) for value in self._matrices]
        rest = [value for value in refiner.parameters() if not any(value is matrix for matrix in self._matrices)]
        self._parts = (
            torch.optim.Muon(self._flat, weight_decay=DECAY, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, weight_decay=DECAY),
        )

    def step(self, rate: float) -> None:
        for flat, matrix in zip(self._flat, self._matrices, strict=True):
            flat.grad = None if matrix.grad is None else matrix.grad.reshape(flat.shape)
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
        self._refiner.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, object]]:
        return [part.state_dict() for part in self._parts]

    def load(self, states: list[dict[str, object]]) -> None:
        for part, state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)


def _loss(found: Tensor, alpha: Tensor) -> tuple[Tensor, float]:
    """The loss, and the absolute error in the band."""
    partly = ((alpha > 0.02) & (alpha < 0.98)).float()[:, None]
    across = functional.max_pool2d(partly, (1, 2 * BAND + 1), 1, (0, BAND))
    band = functional.max_pool2d(across, (2 * BAND + 1, 1), 1, (BAND, 0))[:, 0]
    weight = band + ELSEWHERE * (1 - band)
    weight = weight / weight.mean()
    off = torch.sigmoid(found) - alpha
    entropy = functional.binary_cross_entropy_with_logits(found, alpha, weight)
    steps = sum((weight * (off - off.roll(1, axis))).abs().mean() for axis in (1, 2))
    loss = (weight * off.abs()).mean() + ENTROPY * entropy + GRADIENT * steps
    return loss, float((off.detach().abs() * band).sum() / band.sum().clamp(min=1))


def rate_at(step: int, steps: int) -> float:
    """Of RATE, 0 to 1."""
    begin, end = (0, min(FIRST, steps)) if step < FIRST else (FIRST, steps)
    return min(1.0, (step - begin + 1) / WARM_UP, (end - step) / (COOLDOWN * (end - begin)))


@torch.no_grad()
def _follow(average: Refiner, refiner: Refiner, kept: float) -> None:
    for mean, own in zip(average.state_dict().values(), refiner.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(own, 1 - kept)
        else:
            mean.copy_(own)

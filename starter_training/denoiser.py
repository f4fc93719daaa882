"""Trains the UNet and the text encoder on encoded samples.

Every batch is a function of (seed, step), so that a run which is resumed goes on as if it had not been stopped.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler
from diffusers.models.attention_processor import AttnProcessor
from transformers import CLIPTokenizer

from .checkpoints import Pauses, RunningAverage, load_tensors, restore_training, save_tensors, training_state
from .latents import Pool, Shard
from .networks import Denoiser, tokenize
from .optimizer import Optimizer
from .team import Team

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Phase:
    """From step `begins` on, samples of `side` pixels are learned, `batch` of them a step: what things look like is
    learned four times as fast at half the size.
    """

    side: int
    batch: int
    begins: int


@dataclass(frozen=True)
class Settings:
    """The learning rate rises over `warmup` steps, stays, and falls to a twentieth over the last `cooldown` steps
    before `last_step`; until the last step is near, how long the training takes need not be known. phases: the first
    begins with step 0.
    """

    phases: tuple[Phase, ...] = (Phase(64, 128, 0), Phase(128, 32, 2561))
    learning_rate: float = 5e-4
    matrix_factor: float = 2.0  # matrices learn so much faster
    warmup: int = 300
    cooldown: int = 6000
    last_step: int = 40_000
    weight_decay: float = 1e-2
    average: float = 0.998
    snr_limit: float = 5.0  # v's loss is damped where the signal-to-noise ratio is above it (min-SNR, arXiv 2303.09556)
    noise_power: float = 0.6  # times are drawn as a uniform number to this power: what a hole holds is settled early
    from_start: float = 0.5  # so many removals begin from their start, not from the picture, at times from `start_from`
    start_from: int = 300
    outside_weight: float = 0.1  # of the loss outside the mask, where nothing is new
    seed: int = 7

    def stage(self, step: int) -> Phase:
        return [phase for phase in self.phases if phase.begins <= step][-1]

    def phase_ends(self, step: int) -> int:
        """The step before which the phase of a step ends."""
        return min([phase.begins for phase in self.phases if phase.begins > step], default=self.last_step)


@dataclass(frozen=True)
class Batch:
    """inputs: (B, 9, h, w); target: v, (B, 4, h, w); weight: (B, 1, h, w) with mean about 1; timesteps: (B,)."""

    inputs: torch.Tensor
    timesteps: torch.Tensor
    target: torch.Tensor
    weight: torch.Tensor

    def part(self, rows: slice) -> Batch:
        return Batch(self.inputs[rows], self.timesteps[rows], self.target[rows], self.weight[rows])


class Training:
    """A denoiser, its optimiser and its running average at one step."""

    def __init__(self, denoiser: Denoiser, settings: Settings, device: torch.device) -> None:
        self.settings = settings
        self.denoiser = denoiser.to(device).train()
        self.denoiser.unet.set_attn_processor(AttnProcessor())
        self.average = RunningAverage(self.denoiser, copy.deepcopy(self.denoiser), settings.average)
        self.optimizer = Optimizer(self.denoiser, settings.weight_decay)
        self.step = 0

    def save(self, path: Path, notes: dict[str, object]) -> None:
        state = training_state(self.denoiser, self.average.average, self.optimizer.parts)
        save_tensors(path, state, {**notes, "step": self.step})

    def resume(self, path: Path) -> None:
        state, notes = load_tensors(path)
        restore_training(state, self.denoiser, self.average.average, self.optimizer.parts)
        self.step = int(notes["step"])

    def train_step(self, batch: Batch, tokens: torch.Tensor, team: Team) -> float:
        """One step of the optimiser on this process's part of a batch; gives the loss."""
        device = batch.inputs.device.type
        with torch.autocast(device, torch.bfloat16, enabled=device != "mps"):
            predicted = self.denoiser(batch.inputs, batch.timesteps, tokens)
        loss = (batch.weight * (predicted.float() - batch.target) ** 2).mean()
        loss.backward()
        team.average_gradients(self.denoiser.parameters())
        torch.nn.utils.clip_grad_norm_(self.denoiser.parameters(), 1.0)
        rate = learning_rate(self.step, self.settings)
        self.optimizer.step(rate * self.settings.matrix_factor, rate, team)
        self.step += 1
        self.average.update(self.step)
        return float(loss.detach())


def learning_rate(step: int, settings: Settings) -> float:
    rising = min(1.0, (step + 1) / settings.warmup)
    left = (settings.last_step - step) / max(1, settings.cooldown)
    return settings.learning_rate * rising * min(1.0, max(0.05, left))


def noisy_batch(
    picture: torch.Tensor,
    kept: torch.Tensor,
    start: torch.Tensor,
    mask: torch.Tensor,
    scheduler: DDIMScheduler,
    settings: Settings,
    step: int,
) -> Batch:
    """Scaled latents (B, 4, h, w) and mask (B, 1, h, w) with this step's noise at this step's times.

    Where the start of a removal is noised instead of the picture, the target is the v that leads to the picture.
    """
    dice = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
    noise = torch.randn(picture.shape, generator=dice).to(picture)
    shares = torch.rand(len(picture), generator=dice) ** settings.noise_power
    timesteps = (shares * scheduler.config.num_train_timesteps).long()
    signal = scheduler.alphas_cumprod[timesteps].to(picture)[:, None, None, None]
    begun = (torch.rand(len(picture), generator=dice) < settings.from_start) & (timesteps >= settings.start_from)
    shown = torch.where(begun.to(picture.device)[:, None, None, None], start, picture)
    noisy = signal.sqrt() * shown + (1 - signal).sqrt() * noise
    target = (signal.sqrt() * noisy - picture) / (1 - signal).sqrt()
    ratio = signal / (1 - signal)
    weight = (settings.snr_limit / ratio).clamp(max=1) * (settings.outside_weight + mask)
    inputs = torch.cat([noisy, mask, kept], 1)
    return Batch(inputs, timesteps.to(picture.device), target, weight / weight.mean())


def draw_rows(shards: range, size: int, batch: int, seed: int, step: int) -> list[tuple[int, int]]:
    """(shard, row) of each sample of a step's batch."""
    rng = np.random.default_rng((seed, step))
    drawn = zip(rng.integers(shards.start, shards.stop, batch), rng.integers(0, size, batch), strict=True)
    return [(int(shard), int(row)) for shard, row in drawn]


def gather(shards: dict[int, Shard], rows: list[tuple[int, int]]) -> Shard:
    picture, kept, start, mask = (
        torch.stack([getattr(shards[index], part)[row] for index, row in rows]).float()
        for part in ("picture", "kept", "start", "mask")
    )
    return Shard(picture, kept, start, mask, [shards[index].captions[row] for index, row in rows])


def train(
    training: Training,
    pools: Callable[[int], Pool],
    tokenizer: CLIPTokenizer,
    scale: float,
    scheduler: DDIMScheduler,
    pauses: Pauses,
    team: Team = Team(),  # noqa: B008  (frozen)
) -> None:
    """Phase after phase until the time is over or the last step is done.

    pools: gives the pool of a side. scale: what latents are multiplied by.
    """
    started = time.monotonic()
    while training.step < training.settings.last_step:
        phase = training.settings.stage(training.step)
        ends = min(training.settings.phase_ends(training.step), training.settings.last_step)
        drawing = Drawing(pools(phase.side), phase, team)
        if not _train_phase(training, drawing, ends, tokenizer, scale, scheduler, pauses, started):
            break


class Drawing:
    """Draws the batches of a phase from its pool, which the team fills together."""

    def __init__(self, pool: Pool, phase: Phase, team: Team) -> None:
        self.pool, self.batch, self.begins, self.team = pool, phase.batch, phase.begins, team
        self.mine = team.my_rows(phase.batch)
        self._shards: dict[int, Shard] = {}
        self._made = 0

    def draw(self, seed: int, step: int) -> Shard:
        """The samples of a step; makes fresh ones where it is time."""
        wanted = self.pool.shards_wanted(step - self.begins, self.batch)
        if wanted.stop > self._made:
            self.team.share_out(range(max(self._made, wanted.start), wanted.stop + self.team.size - 1), self.pool.make)
            self._made = wanted.stop + self.team.size - 1
        if wanted.stop - 1 not in self._shards:
            self._shards = {index: self._shards.get(index) or self.pool.shard(index) for index in wanted}
            self.pool.forget_before(wanted.start)
        return gather(self._shards, draw_rows(wanted, self.pool.shard_size, self.batch, seed, step))


def _train_phase(
    training: Training,
    drawing: Drawing,
    ends: int,
    tokenizer: CLIPTokenizer,
    scale: float,
    scheduler: DDIMScheduler,
    pauses: Pauses,
    started: float,
) -> bool:
    """Up to step `ends`; False where it was told to stop before. started: of the whole training, monotonic seconds."""
    settings, device, team = training.settings, next(training.denoiser.parameters()).device, drawing.team
    begun = saved = time.monotonic()
    first_step, running = training.step, None

    def save() -> None:
        if team.rank == 0:
            training.save(pauses.checkpoint, {"loss": running})
            pauses.at_checkpoint()

    def told_to_stop() -> bool:
        return team.any(pauses.over(training.step, time.monotonic() - started))

    while not (stopped := told_to_stop()) and training.step < ends:
        some = drawing.draw(settings.seed, training.step)
        batch = noisy_batch(
            some.picture.to(device) * scale,
            some.kept.to(device) * scale,
            some.start.to(device) * scale,
            some.mask.to(device),
            scheduler,
            settings,
            training.step,
        )
        tokens = tokenize(tokenizer, some.captions).to(device)
        loss = training.train_step(batch.part(drawing.mine), tokens[drawing.mine], team)
        running = loss if running is None else 0.99 * running + 0.01 * loss
        if training.step % pauses.log_every == 0 and team.rank == 0:
            rate = (training.step - first_step) * drawing.batch / (time.monotonic() - begun)
            log.info("step %d, loss %.4f, %.1f samples/s", training.step, running, rate)
        if time.monotonic() - saved > pauses.checkpoint_s:
            save()
            saved = time.monotonic()
    save()
    return not stopped

"""Trains the autoencoder: a factor of 4, 4 latent channels. Every batch is a function of (seed, step)."""

from __future__ import annotations

import copy
import logging
import math
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from diffusers import AutoencoderKL

from .backgrounds import Picture
from .checkpoints import Pauses, RunningAverage, load_tensors, restore_training, save_tensors, training_state
from .latents import to_tensor
from .networks import Sizes, make_autoencoder
from .samples import Ingredients, make_sample

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AutoencoderSettings:
    """crop: side in pixels of what is trained on. pictures: from how many crops are taken at a time; a third of them is
    replaced every `fresh_every` steps. divergence: weight of the latents' distance from a normal distribution.
    """

    steps: int = 6000
    batch: int = 16
    crop: int = 64
    pictures: int = 3000
    fresh_every: int = 500
    learning_rate: float = 1e-3
    warmup: int = 200
    average: float = 0.999
    edges: float = 0.5  # weight of the steps between neighbours, against that of the pixels
    divergence: float = 3e-5
    seed: int = 3


def reconstruction_loss(restored: torch.Tensor, original: torch.Tensor, edges: float) -> torch.Tensor:
    """Absolute difference of the pixels, and of the steps between neighbours at full and half size: keeps edges."""
    loss = (restored - original).abs().mean()
    for scale in (1, 2):
        one, other = (functional.avg_pool2d(images, scale) for images in (restored, original))
        for axis in (-2, -1):
            loss = loss + edges * (one.diff(dim=axis) - other.diff(dim=axis)).abs().mean()
    return loss


def train_autoencoder(
    ingredients: Ingredients, sizes: Sizes, settings: AutoencoderSettings, device: torch.device, pauses: Pauses
) -> AutoencoderKL | None:
    """Goes on from the checkpoint if there is one; gives the running average after the last step, before it None."""
    torch.manual_seed(settings.seed)
    autoencoder = make_autoencoder(sizes).to(device).train()
    average = RunningAverage(autoencoder, copy.deepcopy(autoencoder), settings.average)
    optimizer = torch.optim.AdamW(autoencoder.parameters(), settings.learning_rate, (0.9, 0.95), weight_decay=0)
    step = 0
    if pauses.checkpoint.is_file():
        state, notes = load_tensors(pauses.checkpoint)
        restore_training(state, autoencoder, average.average, (optimizer,))
        step = int(notes["step"])

    def save() -> None:
        save_tensors(pauses.checkpoint, training_state(autoencoder, average.average, (optimizer,)), {"step": step})

    pictures: dict[int, Picture] = {}
    begun = saved = time.monotonic()
    errors = []
    while step < settings.steps and not pauses.over(step, time.monotonic() - begun):
        pictures = _refreshed(pictures, ingredients, settings, step)
        pixels, dice = _crops(pictures, settings, step)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, settings)
        errors.append(_train_step(autoencoder, optimizer, pixels.to(device), dice, settings))
        step += 1
        average.update(step)
        if step % pauses.log_every == 0:
            decibels = -10 * math.log10(float(np.mean(errors[-pauses.log_every :])) / 4)
            log.info("autoencoder: step %d, %.2f dB, %.0f s", step, decibels, time.monotonic() - begun)
        if time.monotonic() - saved > pauses.checkpoint_s:
            save()
            pauses.at_checkpoint()
            saved = time.monotonic()
    save()
    return average.average.eval() if step >= settings.steps else None


def learning_rate(step: int, settings: AutoencoderSettings) -> float:
    """Rises over the warm-up, then falls along half a cosine to a fiftieth."""
    falling = 0.5 + 0.5 * math.cos(math.pi * step / settings.steps)
    return settings.learning_rate * min(1.0, (step + 1) / settings.warmup) * max(0.02, falling)


def _train_step(
    autoencoder: AutoencoderKL,
    optimizer: torch.optim.Optimizer,
    pixels: torch.Tensor,
    dice: torch.Generator,
    settings: AutoencoderSettings,
) -> float:
    """Gives the mean square error of the pixels, in -1..1."""
    with torch.autocast(pixels.device.type, torch.bfloat16, enabled=pixels.device.type != "mps"):
        posterior = autoencoder.encode(pixels).latent_dist
        noise = torch.randn(posterior.mean.shape, generator=dice).to(posterior.mean)
        restored = autoencoder.decode(posterior.mean + posterior.std * noise).sample.float()
    mean, variance = posterior.mean.float(), posterior.var.float()
    divergence = 0.5 * (mean**2 + variance - 1 - posterior.logvar.float()).mean()
    loss = reconstruction_loss(restored, pixels, settings.edges) + settings.divergence * divergence
    loss.backward()
    torch.nn.utils.clip_grad_norm_(autoencoder.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(((restored.detach() - pixels) ** 2).mean())


def _refreshed(
    pictures: dict[int, Picture], ingredients: Ingredients, settings: AutoencoderSettings, step: int
) -> dict[int, Picture]:
    """The pictures of this step by number: those at hand stay, new ones are made."""
    first = step // settings.fresh_every * (settings.pictures // 3)
    numbers = range(first, first + settings.pictures)
    if pictures.keys() == set(numbers):
        return pictures
    return {
        number: pictures[number] if number in pictures else make_sample(ingredients, (settings.seed, number)).image
        for number in numbers
    }


def _crops(
    pictures: dict[int, Picture], settings: AutoencoderSettings, step: int
) -> tuple[torch.Tensor, torch.Generator]:
    """(B, 3, crop, crop) in -1..1, and what the latents' noise is drawn from."""
    rng = np.random.default_rng((settings.seed, step))
    chosen = [pictures[min(pictures) + int(row)] for row in rng.integers(0, len(pictures), settings.batch)]
    y, x = rng.integers(0, chosen[0].shape[0] - settings.crop + 1, 2)
    crops = np.stack([picture[y : y + settings.crop, x : x + settings.crop] for picture in chosen])
    return to_tensor(crops), torch.Generator().manual_seed(settings.seed * 1_000_003 + step)

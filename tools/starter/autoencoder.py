"""Trains the autoencoder: a factor of 4, 4 latent channels, sharp after a quarter of an hour on two cores."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from diffusers import AutoencoderKL

from .checkpoints import load_tensors, save_tensors
from .latents import to_tensor
from .networks import Sizes, make_autoencoder
from .samples import Ingredients, make_sample

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AutoencoderSettings:
    """minutes: of training in all, over all runs. crop: side in pixels of what is trained on. divergence: weight of the
    latents' distance from a normal distribution.
    """

    minutes: float
    batch: int = 16
    crop: int = 64
    samples: int = 12_000
    learning_rate: float = 1e-3
    divergence: float = 5e-5
    seed: int = 3


def reconstruction_loss(restored: torch.Tensor, original: torch.Tensor) -> torch.Tensor:
    """Absolute difference of the pixels, and of the steps between neighbours at full and half size: keeps edges."""
    loss = (restored - original).abs().mean()
    for scale in (1, 2):
        one, other = (functional.avg_pool2d(images, scale) for images in (restored, original))
        for axis in (-2, -1):
            loss = loss + (one.diff(dim=axis) - other.diff(dim=axis)).abs().mean()
    return loss


def train_autoencoder(
    ingredients: Ingredients, sizes: Sizes, settings: AutoencoderSettings, device: torch.device, folder: Path
) -> AutoencoderKL:
    """Train for the minutes given; goes on from `folder`/autoencoder.safetensors, written every two minutes."""
    torch.manual_seed(settings.seed)
    autoencoder = make_autoencoder(sizes).to(device).train()
    path, spent, step = folder / "autoencoder.safetensors", 0.0, 0
    if path.is_file():
        weights, notes = load_tensors(path)
        autoencoder.load_state_dict(weights)
        spent, step = notes["minutes"], notes["step"]
    optimiser = torch.optim.AdamW(autoencoder.parameters(), settings.learning_rate, (0.9, 0.95), weight_decay=0)
    images = np.stack([make_sample(ingredients, (settings.seed, row)).image for row in range(settings.samples)])
    begun = saved = time.monotonic()
    while (minutes := spent + (time.monotonic() - begun) / 60) < settings.minutes:
        half_turn = math.cos(math.pi * minutes / settings.minutes)
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * min(1.0, (step + 1) / 200) * max(0.02, 0.5 + 0.5 * half_turn)
        pixels = _crops(images, settings, step).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "mps"):
            posterior = autoencoder.encode(pixels).latent_dist
            restored = autoencoder.decode(posterior.mean + posterior.std * torch.randn_like(posterior.mean)).sample
        mean, variance = posterior.mean.float(), posterior.var.float()
        divergence = 0.5 * (mean**2 + variance - 1 - posterior.logvar.float()).mean()
        loss = reconstruction_loss(restored.float(), pixels) + settings.divergence * divergence
        loss.backward()
        torch.nn.utils.clip_grad_norm_(autoencoder.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        if step % 200 == 0:
            log.info("step %d, %.1f minutes, loss %.4f", step, minutes, float(loss.detach()))
        if time.monotonic() - saved > 120:
            save_tensors(path, autoencoder.state_dict(), {"minutes": minutes, "step": step})
            saved = time.monotonic()
    return autoencoder.eval()


def _crops(images: np.ndarray, settings: AutoencoderSettings, step: int) -> torch.Tensor:
    rng = np.random.default_rng((settings.seed, step))
    rows = rng.integers(0, len(images), settings.batch)
    y, x = rng.integers(0, images.shape[1] - settings.crop + 1, 2)
    return to_tensor(images[rows, y : y + settings.crop, x : x + settings.crop])

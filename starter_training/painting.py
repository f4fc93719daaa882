"""Painting with a denoiser that is still in training: batches of inpaints, and sheets of them to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderKL
from diffusers.models.attention_processor import AttnProcessor2_0
from PIL import Image
from transformers import CLIPTokenizer

from .backgrounds import Picture, photo_crop
from .latents import encode_samples
from .masks import Mask, border_mask, object_mask, removal_mask
from .networks import Denoiser, make_scheduler, tokenize
from .samples import Sample

SHEET_PROMPTS = (
    "red apple", "green apple", "banana", "a cat", "dog face", "robot", "sunflower", "blue car",
    "horse", "pink elephant", "rocket", "a cherry", "christmas tree", "", "", "",
    "a cup of coffee", "purple house", "butterfly", "smiley", "green frog", "guitar", "yellow rose", "castle",
    "pizza", "a black cat on grass", "white horse", "fish", "sun", "zorpin", "", "",
)  # fmt: skip
WHOLE_EVERY = 6  # every sixth prompt of a sheet repaints everything


@dataclass(frozen=True)
class Painter:
    """What painting needs; scale: what latents are multiplied by before denoising."""

    autoencoder: AutoencoderKL
    denoiser: Denoiser
    tokenizer: CLIPTokenizer
    scale: float


@dataclass(frozen=True)
class Task:
    """image: (side, side, 3) uint8; mask: (side, side) float32, hard; prompt: empty = nothing there."""

    image: Picture
    mask: Mask
    prompt: str


@torch.no_grad()
def paint(painter: Painter, tasks: Sequence[Task], steps: int, guidance: float, seed: int) -> list[Picture]:
    """The pictures with their masks repainted; outside of the masks they stay as they are."""
    device = painter.autoencoder.device
    encoded = encode_samples(
        painter.autoencoder, [Sample(task.image, task.mask, task.prompt, None, None) for task in tasks]
    )
    kept, mask = encoded.kept.to(device).float() * painter.scale, encoded.mask.to(device).float()
    texts = tokenize(painter.tokenizer, [""] * len(tasks) + [task.prompt for task in tasks]).to(device)
    scheduler = make_scheduler()
    scheduler.set_timesteps(steps)
    latents = torch.randn(kept.shape, generator=torch.Generator().manual_seed(seed)).to(device)
    painter.denoiser.unet.set_attn_processor(AttnProcessor2_0())
    for time in scheduler.timesteps:
        inputs = torch.cat([latents, mask, kept], 1).repeat(2, 1, 1, 1)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "mps"):
            nothing, something = painter.denoiser(inputs, time.expand(len(inputs)).to(device), texts).float().chunk(2)
        latents = scheduler.step(nothing + guidance * (something - nothing), time, latents).prev_sample
    decoded = painter.autoencoder.decode(latents / painter.scale).sample.clamp(-1, 1)
    pixels = ((decoded + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return [np.where(task.mask[..., None] > 0.5, new, task.image) for task, new in zip(tasks, pixels, strict=True)]


def sheet_tasks(photos: tuple[Picture, ...], side: int, seed: int) -> list[Task]:
    """The same pictures and masks for the same photographs and seed."""
    tasks = []
    for index, prompt in enumerate(SHEET_PROMPTS):
        rng = np.random.default_rng((seed, index))
        image = photo_crop(photos, side, rng)
        if not prompt:
            mask = border_mask(side, rng) if index % 2 else removal_mask(side, rng)
        elif index % WHOLE_EVERY == WHOLE_EVERY - 1:
            mask = np.ones((side, side), np.float32)
        else:
            mask, _ = object_mask(side, rng)
        tasks.append(Task(image, mask, prompt))
    return tasks


def draw_sheet(tasks: Sequence[Task], results: Sequence[Picture], columns: int = 8) -> npt.NDArray[np.uint8]:
    """Rows of what was given, masks in grey, above rows of what came out."""
    rows = []
    for start in range(0, len(tasks), columns):
        given = [
            np.where(task.mask[..., None] > 0.5, np.uint8(128), task.image) for task in tasks[start : start + columns]
        ]
        rows += [np.concatenate(given, 1), np.concatenate(results[start : start + columns], 1)]
    return np.concatenate(rows)


def write_sheet(
    painter: Painter, photos: tuple[Picture, ...], path: Path, steps: int, guidance: float, side: int
) -> None:
    tasks = sheet_tasks(photos, side, seed=5)
    Image.fromarray(draw_sheet(tasks, paint(painter, tasks, steps, guidance, seed=11))).save(path)

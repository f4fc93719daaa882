"""Encoded samples in shards on disk: made once, met a few times, then replaced by fresh ones.

Shard n is a function of (seed, n) and the autoencoder, so that a run which is resumed sees what it would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from .checkpoints import load_tensors, save_tensors
from .networks import FACTOR
from .samples import Ingredients, Sample, make_sample

ENCODED_AT_ONCE = 32


@dataclass(frozen=True)
class Shard:
    """picture, kept, start: (N, 4, h, w) float16, unscaled latents, of the whole picture, of it without what is masked,
    and of what a removal begins from (the picture itself where nothing is removed);
    mask: (N, 1, h, w) uint8 of 0 and 1, 1 = repaint.
    """

    picture: torch.Tensor
    kept: torch.Tensor
    start: torch.Tensor
    mask: torch.Tensor
    captions: list[str]

    def __len__(self) -> int:
        return len(self.captions)


def to_tensor(images: np.ndarray) -> torch.Tensor:
    """(N, H, W, 3) uint8 -> (N, 3, H, W) float32, -1 to 1."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


@torch.no_grad()
def encode_samples(autoencoder: AutoencoderKL, samples: list[Sample]) -> Shard:
    """As the inpainting pipeline does it: masked pixels grey, the mask reduced by taking every fourth pixel."""
    device = autoencoder.device
    parts: list[tuple[torch.Tensor, ...]] = []
    for start in range(0, len(samples), ENCODED_AT_ONCE):
        some = samples[start : start + ENCODED_AT_ONCE]
        pixels = to_tensor(np.stack([sample.image for sample in some])).to(device)
        mask = torch.from_numpy(np.stack([sample.mask for sample in some]))[:, None].to(device) >= 0.5
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "mps"):
            picture, kept = (
                autoencoder.encode(shown).latent_dist.mean.half().cpu() for shown in (pixels, pixels * ~mask)
            )
            start = picture.clone()
            removals = [row for row, sample in enumerate(some) if sample.start is not None]
            if removals:
                begun = to_tensor(np.stack([some[row].start for row in removals])).to(device)
                start[removals] = autoencoder.encode(begun).latent_dist.mean.half().cpu()
        parts.append((picture, kept, start, mask[..., ::FACTOR, ::FACTOR].to(torch.uint8).cpu()))
    picture, kept, start, masks = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
    return Shard(picture, kept, start, masks, [sample.caption for sample in samples])


@dataclass(frozen=True)
class Pool:
    """Where shards lie and what they are made of. reuse: how many training batches come from each new shard,
    in multiples of its size; window: how many shards are drawn from.
    """

    folder: Path
    ingredients: Ingredients
    autoencoder: AutoencoderKL
    seed: int
    shard_size: int = 1024
    window: int = 10
    reuse: float = 8.0
    first: int = 6  # shards made before training starts

    def shards_wanted(self, step: int, batch: int) -> range:
        """The shards from which the batch of this step is drawn."""
        newest = self.first + int(step * batch / (self.shard_size * self.reuse))
        return range(max(0, newest - self.window), newest)

    def make(self, index: int) -> None:
        """Write it down, where that has not been done."""
        path = self._path(index)
        if not path.is_file():
            samples = [make_sample(self.ingredients, (self.seed, index, row)) for row in range(self.shard_size)]
            made = encode_samples(self.autoencoder, samples)
            tensors = {"picture": made.picture, "kept": made.kept, "start": made.start, "mask": made.mask}
            save_tensors(path, tensors, {"captions": made.captions})

    def shard(self, index: int) -> Shard:
        """Read it, and make it first where it is not there."""
        self.make(index)
        tensors, notes = load_tensors(self._path(index))
        return Shard(tensors["picture"], tensors["kept"], tensors["start"], tensors["mask"], notes["captions"])

    def forget_before(self, index: int) -> None:
        """Delete the shards that no later step draws from."""
        for path in self.folder.glob("*.safetensors"):
            if int(path.stem) < index:
                path.unlink(missing_ok=True)

    def _path(self, index: int) -> Path:
        return self.folder / f"{index:05d}.safetensors"

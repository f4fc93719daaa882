"""Runs the toy: latents are the means of 16 by 16 pixels, and it paints by flow matching, in Euler's steps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import torch
from safetensors.torch import load_file
from torch import nn

from bridge_server.models.folders import weight_files
from bridge_server.pipelines.cancel import layers_of, stoppable
from bridge_server.pipelines.family import Loaded, LoadOrder
from bridge_server.pipelines.generation import Generation, Picture, Watch
from bridge_server.pipelines.latents import decode_latents, encode_image
from bridge_server.pipelines.noise import first_noise, generator_for
from bridge_server.pipelines.previews import latents_to_rgb
from bridge_server.pipelines.softmask import free_at, hard_latents, latent_mask

CELL = 16
CPU = torch.device("cpu")
LATENT_RGB = (*(tuple(0.5 * (row == column) for column in range(3)) for row in range(3)), (0.5, 0.5, 0.5))


class Transformer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(4, width, 1)
        self.transformer_blocks = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(3))
        self.leave = nn.Conv2d(width, 3, 1)

    def forward(self, latents: torch.Tensor, time: float, word: float) -> torch.Tensor:
        hidden = self.enter(torch.cat([latents, torch.full_like(latents[:, :1], time + word)], 1))
        for block in self.transformer_blocks:
            hidden = hidden + torch.tanh(block(hidden))
        return self.leave(hidden)


class Vae(nn.Module):
    """Speaks as diffusers' autoencoders do."""

    dtype = torch.float32
    config = SimpleNamespace(scaling_factor=1.0, latent_channels=3)

    def encode(self, pixels: torch.Tensor) -> Any:
        latents = nn.functional.avg_pool2d(pixels, CELL)
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latents))

    def decode(self, latents: torch.Tensor, return_dict: bool = True) -> tuple[torch.Tensor]:
        return (nn.functional.interpolate(latents, scale_factor=CELL),)


@dataclass(frozen=True)
class Toy(Loaded):
    pass


def load(order: LoadOrder) -> Toy:
    (file,) = weight_files(order.root, None, order.spec.components)
    transformer = Transformer(json.loads((order.root / "transformer" / "config.json").read_text())["width"])
    transformer.load_state_dict(load_file(file))
    parts = {"transformer": transformer.eval(), "vae": Vae()}
    return Toy(order.ref, order.spec, order.root, order.stamps, parts, order.device)


def generate(loaded: Toy, generation: Generation, watch: Watch) -> Picture:
    with stoppable(layers_of(loaded.parts, loaded.spec.components), watch.check):
        return denoise(loaded, generation, watch)


@torch.no_grad()
def denoise(loaded: Toy, generation: Generation, watch: Watch) -> Picture:
    vae, transformer = loaded.parts["vae"], loaded.parts["transformer"]
    watch.phase("encoding")
    word = crc32(generation.prompt.encode()) / 2**32
    noise = first_noise(generation, generator_for(generation), 3, CELL, CPU, torch.float32)
    own = torch.zeros_like(noise) if generation.image is None else encode_image(vae, generation.image, CPU)
    soft = torch.ones_like(noise[:, :1]) if generation.mask is None else latent_mask(generation.mask, CELL)
    soft = soft if generation.soft_mask else hard_latents(soft)
    run = generation.steps_to_run
    sigmas = torch.linspace(1, 0, generation.steps + 1)[generation.steps - run :]
    latents = sigmas[0] * noise + (1 - sigmas[0]) * own
    watch.check()
    watch.phase("denoising")
    for step in range(run):
        now, then = float(sigmas[step]), float(sigmas[step + 1])
        flow = transformer(latents, now, word)
        guess = latents - now * flow
        latents = latents + (then - now) * flow
        free = free_at(soft, (step + 1) / run)
        latents = free * latents + (1 - free) * (then * noise + (1 - then) * own)
        watch.check()
        watch.step(step + 1, run)
        shown = latents if step + 1 == run else guess
        watch.preview(lambda shown=shown: latents_to_rgb(shown[0], LATENT_RGB, CELL), step + 1, run)
    watch.phase("decoding")
    pixels = decode_latents(vae, latents)
    watch.check()
    return Picture(pixels, run, "Toy Euler")

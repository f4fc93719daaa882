"""Runs the toy: latents are the means of 16 by 16 pixels, and it paints by flow matching, through the one denoising."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import diffusers
import torch
from safetensors.torch import load_file
from torch import nn

from bridge_server.models.folders import weight_files
from bridge_server.pipelines.denoise import PLAIN, LatentForm, share_done
from bridge_server.pipelines.family import Loaded, LoadOrder
from bridge_server.pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from bridge_server.pipelines.latents import decode_latents, encode_image
from bridge_server.pipelines.paint import paint
from bridge_server.pipelines.previews import latents_to_rgb

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


class Pipeline:
    """Speaks as diffusers' text-to-image pipelines do."""

    def __init__(self, transformer: Transformer, scheduler: Any) -> None:
        self.transformer = transformer
        self.scheduler = scheduler

    def __call__(
        self,
        word: float,
        shown: float,
        latents: torch.Tensor,
        num_inference_steps: int,
        callback_on_step_end: Any,
        **_: Any,
    ) -> Any:
        self.scheduler.set_timesteps(num_inference_steps)
        for index, timestep in enumerate(self.scheduler.timesteps):
            flow = self.transformer(latents, float(timestep) / 1000, word + shown)
            latents = self.scheduler.step(flow, timestep, latents, return_dict=False)[0]
            latents = callback_on_step_end(self, index, timestep, {"latents": latents})["latents"]
        return SimpleNamespace(images=latents)

    def maybe_free_model_hooks(self) -> None: ...


@dataclass(frozen=True)
class ToyPainter:
    """See pipelines.paint.FamilyPainter."""

    loaded: Loaded
    channels: int = 3
    factor: int = CELL
    form: LatentForm = PLAIN
    trained_masked: bool = False

    def scheduler(self, _generation: Generation) -> tuple[Any, str]:
        return diffusers.FlowMatchEulerDiscreteScheduler(), "Toy Euler"

    def pipeline(self, _generation: Generation, scheduler: Any) -> Any:
        return Pipeline(self.loaded.parts["transformer"], scheduler)

    def read_prompts(self, generation: Generation, _watch: Watch) -> dict[str, Any]:
        return {"word": crc32(generation.prompt.encode()) / 2**32}

    def arguments(self, _pipeline: Any, generation: Generation, _own: torch.Tensor | None) -> dict[str, Any]:
        return {"shown": float(sum(picture.mean() for picture in generation.references))}

    def done(self, _generation: Generation, evaluation: int, evaluations: int) -> float:
        return share_done(evaluation, evaluations)

    def preview(self, latents: torch.Tensor) -> Pixels:
        return latents_to_rgb(latents, LATENT_RGB, CELL)

    def encode(self, image: FloatArray) -> torch.Tensor:
        return encode_image(self.loaded.parts["vae"], image, CPU)

    def decode(self, latents: torch.Tensor) -> FloatArray:
        return decode_latents(self.loaded.parts["vae"], latents)

    def check(self, _pipeline: Any, _pixels: FloatArray) -> None: ...


def load(order: LoadOrder) -> Loaded:
    (file,) = weight_files(order.root, None, order.spec.components)
    transformer = Transformer(json.loads((order.root / "transformer" / "config.json").read_text())["width"])
    transformer.load_state_dict(load_file(file))
    parts = {"transformer": transformer.eval(), "vae": Vae()}
    return Loaded(order.ref, order.spec, order.root, order.stamps, parts, order.device)


def generate(loaded: Loaded, generation: Generation, watch: Watch) -> Picture:
    return paint(ToyPainter(loaded), generation, watch)

"""Previews: their colours are near the truth, and they show the picture long before it is finished."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.families.stable_diffusion.spec import SD1
from bridge_server.pipelines.generation import Pixels, Unwatched
from bridge_server.pipelines.latents import decode_latents, encode_image
from bridge_server.pipelines.previews import fit_latent_rgb, latents_to_rgb

from .conftest import paint


def test_sizes() -> None:
    assert SD1.preview is not None
    published = SD1.preview.latent_rgb
    for height, width, shape in ((8, 16, (32, 64, 3)), (128, 64, (256, 128, 3)), (1, 300, (1, 256, 3))):
        assert latents_to_rgb(torch.randn(4, height, width), published, 4).shape == shape
    assert latents_to_rgb(torch.full((4, 2, 2), float("nan")), published, 8).dtype == np.uint8


def test_a_fitted_map_is_near_what_the_autoencoder_paints(starter: StableDiffusion) -> None:
    rows, columns = np.mgrid[0:128, 0:128].astype(np.float32) / 128
    image = np.stack([rows, columns, 1 - rows], axis=2).astype(np.float32)
    latents = encode_image(starter.vae, image, torch.device("cpu"))
    painted = decode_latents(starter.vae, latents)
    for rgb in (starter.latent_rgb, fit_latent_rgb(starter.vae, 128)):
        seen = latents_to_rgb(latents[0], rgb, 4).astype(np.float32) / 255
        assert np.abs(seen - painted).mean() < 0.08


def test_the_preview_shows_the_prompt_long_before_the_end(starter: StableDiffusion) -> None:
    class Keep(Unwatched):
        def preview(self, paint: Any, step: int, steps: int) -> None:
            seen.append(paint())

    seen: list[Pixels] = []
    made = paint(starter, Keep(), width=128, height=128, steps=10, guidance_scale=2.0)
    assert len(seen) == 10 and seen[0].shape == (128, 128, 3)
    final = np.abs(seen[-1] / 255.0 - made.pixels).mean()
    middle = np.abs(seen[5] / 255.0 - made.pixels).mean()
    assert final < 0.1 and middle < 0.15

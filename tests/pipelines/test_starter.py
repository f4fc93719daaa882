"""The starter model without a worker: text to image, and what it returns of the surroundings."""

from __future__ import annotations

import numpy as np

from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.pipelines.generation import FloatArray

from .conftest import paint


def disc(side: int = 128) -> FloatArray:
    rows, columns = np.mgrid[0:side, 0:side]
    return ((rows - side / 2) ** 2 + (columns - side / 2) ** 2 < (side / 3.2) ** 2).astype(np.float32)


def meadow(side: int = 128) -> FloatArray:
    """Sky over grass, with some grain."""
    rng = np.random.default_rng(0)
    image = np.zeros((side, side, 3), np.float32)
    image[: side // 2] = (0.6, 0.75, 0.9)
    image[side // 2 :] = (0.3, 0.55, 0.2)
    return np.clip(image + rng.normal(0, 0.02, image.shape), 0, 1).astype(np.float32)


def test_text_to_image_follows_the_prompt_too(starter: StableDiffusion) -> None:
    size = {"width": 128, "height": 128, "steps": 10, "guidance_scale": 2.0}
    red = paint(starter, prompt="red apple", **size).pixels.mean(axis=(0, 1))
    blue = paint(starter, prompt="blue automobile", **size).pixels.mean(axis=(0, 1))
    assert red[0] - red[2] > blue[0] - blue[2] + 0.1


def test_surroundings_are_seen(starter: StableDiffusion) -> None:
    """Outside the mask the picture comes back as the autoencoder renders it."""
    made = paint(starter, image=meadow(), mask=disc(), width=128, height=128, steps=10, guidance_scale=2.0)
    assert np.abs(made.pixels - meadow())[disc() == 0].mean() < 0.05

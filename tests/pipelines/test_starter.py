"""What the starter model paints has to do with what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.pipelines.generation import FloatArray
from bridge_server.pipelines.loader import Loaded

from .conftest import paint

SEEDS = (1, 2, 3)


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


def masked_mean(model: Loaded, prompt: str, seed: int) -> FloatArray:
    made = paint(
        model,
        prompt=prompt,
        image=meadow(),
        mask=disc(),
        width=128,
        height=128,
        steps=12,
        guidance_scale=4.0,
        seed=seed,
    )
    return made.pixels[disc() > 0].mean(axis=0)


@pytest.mark.parametrize("seed", SEEDS)
def test_something_red_is_redder_than_something_blue(starter: Loaded, seed: int) -> None:
    red = masked_mean(starter, "red apple", seed)
    blue = masked_mean(starter, "blue automobile", seed)
    assert red[0] - red[2] > blue[0] - blue[2] + 0.2
    assert red[0] > red[1:].max()


def test_text_to_image_follows_the_prompt_too(starter: Loaded) -> None:
    size = {"width": 128, "height": 128, "steps": 12, "guidance_scale": 4.0}
    red = paint(starter, prompt="red apple", **size).pixels.mean(axis=(0, 1))
    blue = paint(starter, prompt="blue automobile", **size).pixels.mean(axis=(0, 1))
    assert red[0] - red[2] > blue[0] - blue[2] + 0.1


def test_surroundings_are_seen(starter: Loaded) -> None:
    """Outside the mask the picture comes back as the autoencoder renders it."""
    made = paint(starter, image=meadow(), mask=disc(), width=128, height=128, steps=12, guidance_scale=4.0)
    assert np.abs(made.pixels - meadow())[disc() == 0].mean() < 0.05

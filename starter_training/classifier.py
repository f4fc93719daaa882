"""A small network that names things and colours: the judge of what the starter model painted.

It learns from the same glyphs on other pictures, never from anything painted.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from .backgrounds import Picture, draw_background
from .checkpoints import load_tensors, save_tensors
from .concepts import COLORS
from .glyphs import recolor
from .latents import to_tensor
from .masks import Box, Mask, bounding_box
from .samples import Ingredients, paste

log = logging.getLogger(__name__)

SIDE = 64
OWN_COLOR = len(COLORS)  # the class of things that are not recoloured


@dataclass(frozen=True)
class JudgeSettings:
    steps: int = 2500
    batch: int = 64
    learning_rate: float = 2e-3
    fresh_every: int = 8  # new pictures are made every so many steps
    seed: int = 23


class Judge(nn.Module):
    """(N, 3, 64, 64) in -1..1 -> logits of the concepts (N, concepts) and of the colours (N, 11)."""

    def __init__(self, concepts: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (3, 24, 48, 96, 160)
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.GroupNorm(8, outputs), nn.SiLU()]
            layers += [nn.Conv2d(outputs, outputs, 3, 1, 1), nn.GroupNorm(8, outputs), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.thing = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(widths[-1] * 16, concepts))
        self.color = nn.Linear(widths[-1], len(COLORS) + 1)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.body(pictures)
        return self.thing(features), self.color(features.mean((2, 3)))


def view(picture: Picture, mask: Mask) -> Picture:
    """What the judge sees of a painted mask: the square around its box, 64 pixels wide."""
    box, side = bounding_box(mask), picture.shape[0]
    extent = min(side, max(box.width, box.height))
    x = int(np.clip(box.x + (box.width - extent) // 2, 0, side - extent))
    y = int(np.clip(box.y + (box.height - extent) // 2, 0, side - extent))
    return cv2.resize(picture[y : y + extent, x : x + extent], (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def make_lesson(ingredients: Ingredients, seed: tuple[int, ...]) -> tuple[Picture, int, int]:
    """A picture as `view` gives it, the concept in it and its colour's class."""
    rng = np.random.default_rng(seed)
    index = int(rng.integers(len(ingredients.concepts)))
    concept, glyph, color = ingredients.concepts[index], ingredients.glyphs[index], OWN_COLOR
    if concept.colorable and rng.random() < 0.75:
        color = int(rng.integers(len(COLORS)))
        glyph = recolor(glyph, COLORS[color])
    background = draw_background(ingredients.photos, SIDE, rng, 0.6)
    width, height = (int(SIDE * rng.uniform(0.6, 1.05)) for _ in range(2))
    x, y = ((SIDE - extent) // 2 + int(rng.integers(-5, 6)) for extent in (width, height))
    picture = paste(background, glyph, Box(x, y, width, height), float(rng.uniform(0.72, 0.95)))
    if rng.random() < 0.5:  # as painted by a network: softer, with some noise
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.2))
    noisy = picture + rng.normal(0, rng.uniform(0, 12), picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), index, color


def train_judge(ingredients: Ingredients, settings: JudgeSettings, path: Path) -> Judge:
    """Trained once for a list of concepts; then read from `path`."""
    torch.manual_seed(settings.seed)
    judge = Judge(len(ingredients.concepts))
    names = [concept.name for concept in ingredients.concepts]
    if path.is_file():
        weights, notes = load_tensors(path)
        if notes["names"] == names:
            judge.load_state_dict(weights)
            return judge.eval()
    optimizer = torch.optim.AdamW(judge.parameters(), settings.learning_rate, weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, settings.steps)
    made: list[tuple[Picture, int, int]] = []
    rng = np.random.default_rng(settings.seed)
    for step in range(settings.steps):
        if step % settings.fresh_every == 0:
            rows = range(settings.batch * 2)
            made = [*made, *(make_lesson(ingredients, (settings.seed, step, row)) for row in rows)][-20_000:]
        some = [made[row] for row in rng.integers(0, len(made), settings.batch)]
        pictures = to_tensor(np.stack([picture for picture, _, _ in some]))
        things, colors = judge(pictures)
        wanted = torch.tensor([[thing, color] for _, thing, color in some])
        loss = nn.functional.cross_entropy(things, wanted[:, 0]) + nn.functional.cross_entropy(colors, wanted[:, 1])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        rate.step()
        if step % 250 == 0:
            log.info("judge: step %d, loss %.3f", step, float(loss.detach()))
    save_tensors(path, judge.state_dict(), {"names": names})
    return judge.eval()


@torch.no_grad()
def judged(judge: Judge, views: list[Picture]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(N, 5) likeliest concepts, likeliest first, and (N,) likeliest colour words, "its own colours" left out."""
    things, colors = judge(to_tensor(np.stack(views)))
    return things.topk(min(5, things.shape[1])).indices.numpy(), colors[:, :OWN_COLOR].argmax(1).numpy()

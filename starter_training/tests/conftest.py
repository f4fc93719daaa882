"""Training data without a font and without photographs: drawn shapes on computed pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from transformers import CLIPTokenizer

from starter_training.backgrounds import clouds, gradient
from starter_training.concepts import Concept
from starter_training.glyphs import Glyph
from starter_training.networks import Sizes
from starter_training.samples import Ingredients
from starter_training.tokenizer import caption_corpus, train_tokenizer

TINY = Sizes(autoencoder=(8, 8, 16), unet=(16, 16, 32), text=16, text_layers=1, tokens=16, groups=8)
CONCEPTS = (
    Concept("", ("ball", "disc"), "shapes", countable=True, colorable=True),
    Concept("", ("box",), "shapes", countable=True, colorable=True),
    Concept("", ("rain",), "shapes", countable=False, colorable=False),
)


def shape(kind: str) -> Glyph:
    """(48, 60, 4): one filled shape with a dark outline."""
    canvas = np.zeros((48, 60, 4), np.uint8)
    if kind == "ball":
        cv2.ellipse(canvas, (30, 24), (28, 22), 0, 0, 360, (220, 60, 40, 255), -1)
        cv2.ellipse(canvas, (30, 24), (28, 22), 0, 0, 360, (10, 10, 10, 255), 3)
    elif kind == "box":
        cv2.rectangle(canvas, (4, 4), (55, 43), (60, 90, 200, 255), -1)
    else:
        for x in range(5, 60, 10):
            cv2.line(canvas, (x, 4), (x - 4, 44), (120, 190, 250, 255), 3)
    return canvas


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Sums in the same order each time."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def ingredients() -> Ingredients:
    rng = np.random.default_rng(0)
    photos = tuple(draw(160, rng) for draw in (clouds, gradient, clouds))
    return Ingredients(CONCEPTS, tuple(shape(concept.name) for concept in CONCEPTS), photos, side=64)


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CLIPTokenizer:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    return train_tokenizer(caption_corpus(CONCEPTS, 1), folder, TINY.tokens)

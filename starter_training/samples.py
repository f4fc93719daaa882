"""Training samples: a picture, the mask of what is to be repainted, and what a user would have typed.

A thing fills its mask: it is centred in the mask's box and scaled to it, with little play. So the mask says where and
how large, the prompt says what, and the network needs to learn no guessing. An empty prompt always means "nothing
there": removal, outpainting, and the text that guidance moves away from.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np

from bridge_server.edit.fill.removal import continue_lines

from .backgrounds import Picture, draw_background
from .captions import write_caption, write_nonsense
from .concepts import COLORS, Color, Concept
from .glyphs import Glyph, recolor
from .masks import Box, Mask, border_mask, object_mask, removal_mask

BACKGROUND_WORDS = ("background", "empty background", "nothing", "remove", "empty")


@dataclass(frozen=True)
class Mixture:
    """Shares of the kinds of samples; what is left of 1 is things in a mask."""

    removal: float = 0.38  # empty prompt, a shape anywhere
    outpaint: float = 0.25  # empty prompt, strips along the edges
    blank: float = 0.01  # empty prompt, everything repainted
    whole: float = 0.07  # a thing, everything repainted: text to image
    recolored: float = 0.4  # of the things
    nonsense: float = 0.02  # of the things: a word that nobody knows
    photos: float = 0.6  # of the backgrounds behind things
    photos_empty: float = 0.85  # of the backgrounds for an empty prompt


@dataclass(frozen=True)
class Ingredients:
    """What samples are made of; concepts and glyphs go together."""

    concepts: tuple[Concept, ...]
    glyphs: tuple[Glyph, ...]
    photos: tuple[Picture, ...]
    side: int = 128
    mixture: Mixture = Mixture()


@dataclass(frozen=True)
class Sample:
    """image: (side, side, 3) uint8 sRGB, as it should be; mask: (side, side) float32, hard, 1 = repaint.

    start: for an empty prompt, what a removal begins from, else None. concept is an index into the ingredients, or None
    where nothing is painted.
    """

    image: Picture
    mask: Mask
    caption: str
    concept: int | None
    color: Color | None
    start: Picture | None = None


def make_sample(ingredients: Ingredients, seed: tuple[int, ...]) -> Sample:
    """The sample of a seed; the same seed and ingredients give the same sample."""
    rng = np.random.default_rng(seed)
    words = random.Random(repr(seed))
    mixture, side = ingredients.mixture, ingredients.side
    kind = rng.random()
    nothing = mixture.removal + mixture.outpaint + mixture.blank
    if kind < nothing:
        image = draw_background(ingredients.photos, side, rng, mixture.photos_empty)
        if kind < mixture.removal:
            mask = removal_mask(side, rng)
        elif kind < mixture.removal + mixture.outpaint:
            mask = border_mask(side, rng)
        else:
            mask = np.ones((side, side), np.float32)
        caption = "" if words.random() < 0.95 else words.choice(BACKGROUND_WORDS)
        return Sample(image, mask, caption, None, None, removal_start(image, mask))
    if kind < nothing + mixture.whole:
        mask, box = np.ones((side, side), np.float32), Box(0, 0, side, side)
    else:
        mask, box = object_mask(side, rng)
    return _paint_thing(ingredients, mask, box, rng, words)


def removal_start(image: Picture, mask: Mask) -> Picture:
    """What a removal begins from, as the worker makes it: the lines around the mask continued into it."""
    filled = continue_lines(image.astype(np.float32) / 255, mask > 0.5)
    return (filled * 255).round().astype(np.uint8)


def _paint_thing(
    ingredients: Ingredients, mask: Mask, box: Box, rng: np.random.Generator, words: random.Random
) -> Sample:
    mixture = ingredients.mixture
    index = int(rng.integers(len(ingredients.concepts)))
    concept, glyph = ingredients.concepts[index], ingredients.glyphs[index]
    color = None
    if concept.colorable and rng.random() < mixture.recolored:
        color = COLORS[rng.integers(len(COLORS))]
        glyph = recolor(glyph, color)
    background = draw_background(ingredients.photos, ingredients.side, rng, mixture.photos)
    image = paste(background, glyph, box, fill=float(rng.uniform(0.78, 0.88)))
    unknown = words.random() < mixture.nonsense
    caption = write_nonsense(words) if unknown else write_caption(concept, color, COLORS, words)
    return Sample(image, mask, caption, None if unknown else index, None if unknown else color)


def paste(background: Picture, glyph: Glyph, box: Box, fill: float) -> Picture:
    """The glyph in the middle of the box, as large as fits into `fill` times the box, laid over the background."""
    scale = fill * min(box.width / glyph.shape[1], box.height / glyph.shape[0])
    width, height = (max(4, round(extent * scale)) for extent in (glyph.shape[1], glyph.shape[0]))
    premultiplied = glyph.astype(np.float32) / 255
    premultiplied[..., :3] *= premultiplied[..., 3:]
    small = cv2.resize(premultiplied, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = box.x + (box.width - width) // 2, box.y + (box.height - height) // 2
    side = background.shape[0]
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + width, side), min(y + height, side)
    piece = small[top - y : bottom - y, left - x : right - x]
    result = background.copy()
    below = result[top:bottom, left:right].astype(np.float32)
    result[top:bottom, left:right] = np.clip(piece[..., :3] * 255 + below * (1 - piece[..., 3:]), 0, 255).round()
    return result

"""Composites on which nothing was chosen: other photographs, other seeds, hair drawn in another way, and emoji.

Nothing of bridge_server/edit/matting may be tried out on the second and the third set: that is what composites.py is
for, and, since they were looked at, the first set. What starter_training/matting learns from is in none of the three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from starter_training.glyphs import NOTO_BITMAP_SIZE

from ..fidelity.photographs import photographs
from .composites import Composite, Picture, Subject, fitted, fur, laid_over, leaves, soft
from .drawn import clock, combed, curls, passing, tree
from .heads import locks, tousled

Make = Callable[[Picture, np.random.Generator], Subject]
Hair = Callable[[Picture, np.random.Generator, tuple[float, ...]], Subject]


@dataclass(frozen=True)
class Sources:
    """What a set is drawn of. blurs: pixels at a width of 960. shades: of hair, encoded sRGB. hair: ways to draw it, in
    turn. others: what is neither hair nor emoji.
    """

    grounds: tuple[str, ...]
    surfaces: tuple[str, ...]
    blurs: tuple[int, ...]
    shades: Mapping[str, tuple[float, ...]]
    emoji: tuple[str, ...]
    first_seed: int
    hair: tuple[Hair, ...] = (locks,)
    others: Mapping[str, Make] = field(default_factory=lambda: {"fur": fur, "leaves": leaves, "soft": soft})


FIRST = Sources(
    ("Path", "GreenMeadow", "aitzgorri", "picosdeeuropa", "Storm", "Wood", "OneStandsOut", "hdri-park", "Dune",
     "BytheWater", "getty-black-canyon", "life", "hdri-lobby", "hdri-warehouse", "Grey", "brick"),
    ("flower", "ColorfulCups", "FreshFlower", "china", "Kleiber"),
    (0, 3, 0, 12, 0, 25, 0),
    {"black": (0.09, 0.08, 0.07), "brown": (0.33, 0.21, 0.13), "blond": (0.85, 0.7, 0.45), "white": (0.9,) * 3,
     "red": (0.6, 0.26, 0.1)},
    tuple(map(chr, (0x1F436, 0x1F981, 0x1F33B, 0x1F34D, 0x1F98A, 0x1F334, 0x1F980, 0x1F577, 0x1F98B, 0x1F955, 0x1F996,
                    0x1F344))),
    first_seed=7000,
)  # fmt: skip
SECOND = Sources(
    ("EveningGlow", "hdri-forest", "RainDrops", "hdri-apartment", "getty-nagasaki-boats", "hdri-city", "Dragonfly",
     "hdri-dawn", "hdri-lab", "ColdRipple", "hdri-esplanade", "hdri-venice", "sunset", "hdri-sunrise", "hdri-workshop",
     "moon"),
    ("Garden", "YellowFlower", "FallenLeaf", "Picture_1A", "LadyBird"),
    (0, 2, 0, 8, 0, 0, 20),
    {"dark brown": (0.17, 0.1, 0.06), "gray": (0.55, 0.55, 0.56), "chestnut": (0.42, 0.2, 0.12),
     "ash blond": (0.66, 0.58, 0.46), "jet": (0.04, 0.04, 0.05)},
    tuple(map(chr, (0x1F413, 0x1F422, 0x1F335, 0x1F420, 0x1F99A, 0x1F353, 0x1F337, 0x1F6B2, 0x1F994, 0x1F3B8, 0x26F5,
                    0x1F989))),
    first_seed=9100,
    hair=(locks, tousled),
)  # fmt: skip
THIRD = Sources(
    ("Bridge", "Blinds", "hdri-hall", "DarkestHour", "Kite", "analogpattern", "summer_1am", "coins", "hdri-bridge",
     "Infinite-Sea", "TwoWings", "Volna", "greentock", "Altai", "PastelHills", "Autumn"),
    ("Aqua", "free", "Fossa", "SafeLanding", "Bridge"),
    (0, 0, 4, 0, 0, 10, 0),
    {"auburn": (0.36, 0.14, 0.09), "silver": (0.74, 0.75, 0.78), "raven": (0.06, 0.06, 0.09),
     "honey": (0.72, 0.52, 0.3), "umber": (0.25, 0.17, 0.12)},
    tuple(map(chr, (0x1F418, 0x1F992, 0x1F339, 0x1F347, 0x1F6F4, 0x1F985, 0x1F419, 0x1F332, 0x1F3BB, 0x1F41D, 0x1F43F,
                    0x1F411))),
    first_seed=12300,
    hair=(combed, curls),
    others={"clock": clock, "tree": tree, "passing": passing},
)  # fmt: skip
SETS = {1: FIRST, 2: SECOND, 3: THIRD}
GLYPH_HEIGHT = 0.6  # of the picture's


def held_out(
    folder: Path, font: Path, width: int = 960, height: int = 720, count: int = 12, of: Sources = FIRST
) -> Iterator[Composite]:
    """`count` with hair, as many emoji, and half as many of the others together.

    folder: the photographs of `bench.removal.gather`. font: Noto Color Emoji.
    """
    known = photographs(folder)
    shades, rest = list(of.shades), list(of.others)
    number = 0

    def over(name: str, make: Make) -> Composite:
        nonlocal number
        ground, surface = of.grounds[number % len(of.grounds)], of.surfaces[number % len(of.surfaces)]
        blur, random = of.blurs[number % len(of.blurs)], np.random.default_rng(of.first_seed + number)
        background = fitted(known[ground], width, height)
        if blur:
            background = cv2.GaussianBlur(background, (0, 0), blur * width / 960)
        subject = make(fitted(known[surface], width, height), random)
        number += 1
        return laid_over(f"{name} on {ground}{' out of focus' if blur else ''}", subject, background)

    for turn in range(count):
        shade = shades[turn % len(shades)]
        draw = of.hair[turn % len(of.hair)]
        yield over(f"{shade} hair", partial(draw, shade=of.shades[shade]))
        glyph = of.emoji[turn % len(of.emoji)]
        yield over("emoji", lambda surface, _random, glyph=glyph: emoji(surface.shape[:2], glyph, font))
        if turn % 2:
            kind = rest[turn // 2 % len(rest)]
            yield over(kind, of.others[kind])


def emoji(size: tuple[int, int], glyph: str, font: Path) -> Subject:
    """A glyph in the middle, its colours going on beyond it."""
    height, width = size
    canvas = Image.new("RGBA", (256, 192))
    chosen = ImageFont.truetype(str(font), NOTO_BITMAP_SIZE)
    ImageDraw.Draw(canvas).text((32, 24), glyph, font=chosen, embedded_color=True)
    drawn = np.asarray(canvas.crop(canvas.getbbox()), np.float32) / 255
    scale = GLYPH_HEIGHT * height / drawn.shape[0]
    covered = np.dstack([drawn[:, :, :3] * drawn[:, :, 3:], drawn[:, :, 3]])
    large = np.clip(cv2.resize(covered, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), 0, 1)
    whole: NDArray[np.float32] = np.zeros((height, width, 4), np.float32)
    y, x = (height - large.shape[0]) // 2, (width - large.shape[1]) // 2
    whole[y : y + large.shape[0], x : x + large.shape[1]] = large
    alpha = np.ascontiguousarray(whole[:, :, 3])
    around = cv2.GaussianBlur(whole, (0, 0), 4)
    beyond = around[:, :, :3] / np.maximum(around[:, :, 3:], 1e-4)
    own = whole[:, :, :3] / np.maximum(whole[:, :, 3:], 1e-4)
    colors = np.where(alpha[:, :, np.newaxis] > 0.02, own, np.clip(beyond, 0, 1))
    return Subject(alpha, np.clip(colors, 0, 1).astype(np.float32))

"""Composites on which nothing was chosen: other photographs, other seeds, hair drawn in another way, and emoji.

No threshold of bridge_server/edit/matting may be tried out on the second set: that is what composites.py is for, and,
since they were looked at, the first set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from starter_training.glyphs import NOTO_BITMAP_SIZE

from ..fidelity.photographs import photographs
from .composites import FINE, Composite, Picture, Subject, fine, fitted, fur, laid_over, leaves, made_small, soft

Make = Callable[[Picture, np.random.Generator], Subject]


@dataclass(frozen=True)
class Sources:
    """What a set is drawn of. blurs: pixels at a width of 960. shades: of hair, encoded sRGB. tousled: whether every
    other head has single strands all around, drawn in yet another way, and no locks.
    """

    grounds: tuple[str, ...]
    surfaces: tuple[str, ...]
    blurs: tuple[int, ...]
    shades: Mapping[str, tuple[float, ...]]
    emoji: tuple[str, ...]
    first_seed: int
    tousled: bool = False


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
    tousled=True,
)  # fmt: skip
SETS = {1: FIRST, 2: SECOND}
GLYPH_HEIGHT = 0.6  # of the picture's


def held_out(
    folder: Path, font: Path, width: int = 960, height: int = 720, count: int = 12, of: Sources = FIRST
) -> Iterator[Composite]:
    """`count` with hair, as many emoji, and half as many of fur, leaves and soft edges together.

    folder: the photographs of `bench.removal.gather`. font: Noto Color Emoji.
    """
    known = photographs(folder)
    others: dict[str, Make] = {"fur": fur, "leaves": leaves, "soft": soft}
    shades, rest = list(of.shades), list(others)
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
        draw = tousled if of.tousled and turn % 2 else locks
        yield over(f"{shade} hair", partial(draw, shade=of.shades[shade]))
        glyph = of.emoji[turn % len(of.emoji)]
        yield over("emoji", lambda surface, _random, glyph=glyph: emoji(surface.shape[:2], glyph, font))
        if turn % 2:
            kind = rest[turn // 2 % len(rest)]
            yield over(kind, others[kind])


class Head:
    """An ellipse, finely drawn, that strands of hair are drawn around. center: (x, y), pixels; radius: of its height,
    pixels; narrow: how wide it is, as a share of that.
    """

    def __init__(self, size: tuple[int, int], center: tuple[float, float], radius: float, narrow: float) -> None:
        height, width = size
        self.center, self.radius = np.array((width * center[0], height * center[1])), height * radius
        self._canvas = np.zeros((height * FINE, width * FINE), np.uint8)
        self._light = np.zeros((height * FINE, width * FINE), np.uint8)
        axes = fine((self.radius * narrow, self.radius))
        cv2.ellipse(self._canvas, fine(self.center), axes, 0, 0, 360, (255,), -1, cv2.LINE_AA)

    def strand(self, path: NDArray[np.float64], size: float, lightness: int) -> None:
        """path: (n, 2), x and y, pixels. size: pixels at its root; a third of that at its end. lightness: 0 to 255."""
        for place in range(len(path) - 1):
            thick = max(1, round(FINE * size * (1 - 0.7 * place / len(path))))
            ends = fine(path[place]), fine(path[place + 1])
            cv2.line(self._canvas, *ends, (255,), thick, cv2.LINE_AA)
            cv2.line(self._light, *ends, (lightness,), thick + 3 * FINE)

    def subject(self, surface: Picture, shade: tuple[float, ...]) -> Subject:
        """shade: of hair of full lightness, sRGB 0 to 1; the rest has the surface's colours."""
        hair = made_small(self._light)[:, :, np.newaxis]
        colors = np.where(hair > 0.05, np.float32(shade) * (0.4 + 0.7 * hair), surface)
        return Subject(made_small(self._canvas), np.clip(colors, 0, 1).astype(np.float32))


def locks(surface: Picture, random: np.random.Generator, shade: tuple[float, ...]) -> Subject:
    """A head with wavy locks of strands, each strand of its own lightness, half a pixel to two pixels wide."""
    head = Head(surface.shape[:2], (0.5, 0.56), 0.25, 0.8)
    for _ in range(28):
        angle, reach = random.uniform(0, 2 * np.pi), random.uniform(0.15, 0.6)
        lean, wave, phase = random.uniform(-0.5, 0.5), random.uniform(0.2, 0.9), random.uniform(0, 6)
        for _ in range(random.integers(4, 14)):
            own = angle + random.normal(0, 0.08)
            steps = np.linspace(0, 1, 24)
            turns = own + lean + wave * np.sin(phase + 5 * steps * reach / 0.4) * steps
            length = head.radius * reach * random.uniform(0.6, 1.1)
            moves = np.stack([np.cos(turns), np.sin(turns)], axis=1) * length / len(steps)
            begin = head.center + 0.92 * head.radius * np.array((0.8 * np.cos(own), np.sin(own)))
            head.strand(begin + np.cumsum(moves, axis=0), random.uniform(0.5, 2.0), int(random.uniform(90, 255)))
    return head.subject(surface, shade)


def tousled(surface: Picture, random: np.random.Generator, shade: tuple[float, ...]) -> Subject:
    """A head with a dense rim of strands that turn at random, some of them long and on their own."""
    head = Head(surface.shape[:2], (0.48, 0.55), 0.24, 0.85)
    for number in range(700):
        angle, alone = random.uniform(0, 2 * np.pi), number % 6 == 0
        count, reach = 30, head.radius * (random.uniform(0.2, 0.75) if alone else random.uniform(0.06, 0.25))
        turns = angle + random.normal(0, 0.35) + np.cumsum(random.normal(0, 0.09, count))
        begin = head.center + 0.93 * head.radius * np.array((0.85 * np.cos(angle), np.sin(angle)))
        moves = np.stack([np.cos(turns), np.sin(turns)], axis=1) * reach / count
        head.strand(begin + np.cumsum(moves, axis=0), random.uniform(0.5, 1.6), int(random.uniform(80, 255)))
    return head.subject(surface, shade)


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

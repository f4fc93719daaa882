"""The cases: a photograph, and a hole in it: an object's, scratches, or a border to be continued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .measures import fine_energy
from .sources import PHOTOGRAPHS, Photograph

Bytes = NDArray[np.uint8]
Hole = NDArray[np.bool_]
Draw = Callable[[int, int, np.random.Generator], Hole]

AREA = 300_000  # pixels; smaller photographs stay as they are
TRIES = 40  # places that are drawn before a photograph is taken for empty
LEAST_DETAIL = (1.5 / 255) ** 2  # energy of fine detail, below which there is nothing to compare
WAVES = (2, 3, 4, 5)  # of an object's outline
GRAY = 128


@dataclass(frozen=True)
class Case:
    """truth: (H, W, 3) sRGB. hole: (H, W), what is to be filled."""

    name: str
    kind: str
    photograph: Photograph
    truth: Bytes
    hole: Hole

    @property
    def hidden(self) -> Bytes:
        """The photograph with gray in the hole, so that nothing of what was there can be used."""
        return np.where(self.hole[:, :, None], np.uint8(GRAY), self.truth)


def make_cases(folder: Path, seed: int, rounds: int) -> list[Case]:
    """One hole in each photograph of the folder for each round, of the KINDS in turn."""
    cases: list[Case] = []
    for number, photograph in enumerate(PHOTOGRAPHS * rounds):
        path = folder / f"{photograph.name}.png"
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if pixels is None:
            raise FileNotFoundError(f"{path} is missing: python -m bench.removal.gather {folder.parent}")
        truth = reduced(np.asarray(pixels, np.uint8))
        kind = ORDER[(number + number // len(PHOTOGRAPHS)) % len(ORDER)]
        hole = place(truth, KINDS[kind], np.random.default_rng([seed, number]))
        cases.append(Case(f"{photograph.name} {kind} {number:03}", kind, photograph, truth, hole))
    return cases


def reduced(picture: Bytes) -> Bytes:
    scale = min(1.0, (AREA / (picture.shape[0] * picture.shape[1])) ** 0.5)
    if scale == 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def place(truth: Bytes, draw: Draw, random: np.random.Generator) -> Hole:
    """The first hole drawn that hides something with fine detail, or of all the one that hides most."""
    best, most = np.zeros(truth.shape[:2], np.bool_), -1.0
    picture = truth / np.float32(255)
    for _ in range(TRIES):
        hole = draw(*truth.shape[:2], random)
        detail = fine_energy(picture, hole)
        if detail > most:
            best, most = hole, detail
        if detail >= LEAST_DETAIL:
            return hole
    return best


def draw_object(height: int, width: int, random: np.random.Generator) -> Hole:
    """A closed outline of a few waves, as wide as a seventh to a third of the picture's shorter side."""
    radius = min(height, width) * random.uniform(1 / 14, 1 / 6)
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    wobble = np.zeros(180)
    for wave in WAVES:
        wobble += random.uniform(-0.3, 0.3) / wave * np.sin(wave * angle + random.uniform(0, 2 * np.pi))
    distance = radius * np.maximum(1 + wobble, 0.3)
    stretch = random.uniform(1.0, 1.5)
    margin = 1.6 * radius * stretch
    center = random.uniform(margin, width - margin), random.uniform(margin, height - margin)
    outline = np.stack((np.cos(angle) * stretch, np.sin(angle) / stretch), axis=1) * distance[:, None] + center
    hole = np.zeros((height, width), np.uint8)
    cv2.fillPoly(hole, [np.rint(outline).astype(np.int32)], 1)
    return hole > 0


def draw_scratches(height: int, width: int, random: np.random.Generator) -> Hole:
    """One to three lines of 3 to 5 pixels across the picture, that bend."""
    hole = np.zeros((height, width), np.uint8)
    for _ in range(int(random.integers(1, 4))):
        across = random.random() < 0.5
        length, depth = (width, height) if across else (height, width)
        along = np.linspace(random.uniform(0, 0.25), random.uniform(0.75, 1), 40) * length
        start, end = random.uniform(0.1, 0.9, 2) * depth
        bend = random.uniform(-0.08, 0.08) * depth * np.sin(np.linspace(0, random.uniform(1, 3) * np.pi, 40))
        line = np.linspace(start, end, 40) + bend
        points = np.stack((along, line) if across else (line, along), axis=1)
        cv2.polylines(hole, [np.rint(points).astype(np.int32)], False, 1, int(random.integers(3, 6)))
    return hole > 0


def draw_border(height: int, width: int, random: np.random.Generator) -> Hole:
    """A tenth to a fifth of the picture on one side, or on two that meet."""
    hole = np.zeros((height, width), np.bool_)
    turns = int(random.integers(4))
    for turn in range(int(random.integers(1, 3))):
        turned = np.rot90(hole, turns + turn)
        turned[: int(turned.shape[0] * random.uniform(0.1, 0.2))] = True
    return hole


KINDS: dict[str, Draw] = {"object": draw_object, "scratches": draw_scratches, "border": draw_border}
ORDER = ("object", "scratches", "object", "border")

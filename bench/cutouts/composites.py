"""Pictures whose alpha is known: drawn subjects with hair, fur, leaves or soft edges, laid over photographs.

Everything follows from a seed. Sizes are pixels of the composite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..fidelity.photographs import photographs

Plane = NDArray[np.float32]  # (H, W) 0 to 1
Picture = NDArray[np.float32]  # (H, W, 3) sRGB 0 to 1
FINE = 4  # drawn so many times as large, then made small: edges have exact shares
# Of which photograph the subject is made, which one it is laid over, and how far that is out of focus (pixels at a
# width of 960): a background with a subject of its own would measure what is found and not how it is cut out.
PAIRS = (
    *(("chelsea", "rocket", 0), ("chelsea", "grass", 0), ("ihc", "coffee", 15), ("retina", "gravel", 0)),
    *(("coffee", "grass", 0), ("coffee", "hubble_deep_field", 0), ("chelsea", "motorcycle_left", 15)),
    *(("ihc", "rocket", 0), ("retina", "astronaut", 25), ("retina", "grass", 2), ("chelsea", "gravel", 4)),
)


@dataclass(frozen=True)
class Composite:
    """picture = foreground · alpha + background · (1 - alpha), each as it is before that."""

    name: str
    picture: Picture
    alpha: Plane
    foreground: Picture
    background: Picture


@dataclass(frozen=True)
class Subject:
    """alpha (H, W) and the colours (H, W, 3) under it, which go on beyond it."""

    alpha: Plane
    colors: Picture


def composites(width: int = 960, height: int = 720, rounds: int = 1) -> Iterator[Composite]:
    """Each kind of subject on `rounds` times two backgrounds."""
    known = photographs()
    kinds: dict[str, Callable[..., Subject]] = {"hair": hair, "fur": fur, "leaves": leaves, "soft": soft}
    number = 0
    for turn in range(2 * rounds):
        for name, kind in kinds.items():
            random = np.random.default_rng(number)
            surface, ground, blur = PAIRS[number % len(PAIRS)]
            subject = kind(fitted(known[surface], width, height), random)
            background = fitted(known[ground], width, height)
            if blur:
                background = cv2.GaussianBlur(background, (0, 0), blur * width / 960)
            yield laid_over(f"{name} {turn + 1}: {surface} on {ground}", subject, background)
            number += 1


def laid_over(name: str, subject: Subject, background: Picture) -> Composite:
    share = subject.alpha[:, :, np.newaxis]
    picture = subject.colors * share + background * (1 - share)
    return Composite(name, picture.astype(np.float32), subject.alpha, subject.colors, background)


def hair(surface: Picture, random: np.random.Generator) -> Subject:
    """A head with some hundred long strands, half a pixel to three pixels wide."""
    height, width = surface.shape[:2]
    canvas, center, radius = _canvas(width, height), (width * 0.5, height * 0.55), height * 0.27
    cv2.ellipse(canvas, fine(center), fine((radius * 0.85, radius)), 0, 0, 360, (255,), -1, cv2.LINE_AA)
    colors, shade = surface.copy(), np.float32(random.uniform(0.5, 0.9) * np.array((1.0, 0.8, 0.55)))
    hue = _canvas(width, height)
    for _ in range(260):
        path = _strand(center, radius, random, reach=random.uniform(0.1, 0.4))
        _tapering(canvas, path, random.uniform(0.5, 3.0))
        _tapering(hue, path, 7.0)
    own = made_small(hue)[:, :, np.newaxis]
    grain = cv2.GaussianBlur(random.normal(0, 0.15, (height, width)).astype(np.float32), (0, 0), 1.2)[:, :, np.newaxis]
    colors = colors * (1 - own) + np.clip(shade + grain, 0, 1) * own
    return Subject(made_small(canvas), colors.astype(np.float32))


def fur(surface: Picture, random: np.random.Generator) -> Subject:
    """A body with a dense rim of short hairs."""
    height, width = surface.shape[:2]
    canvas, center, radius = _canvas(width, height), (width * 0.47, height * 0.52), height * 0.3
    cv2.ellipse(canvas, fine(center), fine((radius * 1.2, radius)), 0, 0, 360, (255,), -1, cv2.LINE_AA)
    for _ in range(1500):
        path = _strand(center, radius, random, reach=random.uniform(0.03, 0.14), wide=1.2)
        _tapering(canvas, path, random.uniform(1.0, 2.5))
    return Subject(made_small(canvas), surface)


def leaves(surface: Picture, random: np.random.Generator) -> Subject:
    """A disc with pointed leaves all around, with hard edges and gaps between."""
    height, width = surface.shape[:2]
    canvas, center, radius = _canvas(width, height), np.array((width * 0.52, height * 0.5)), height * 0.2
    cv2.circle(canvas, fine(center), fine((radius, 0))[0], (255,), -1, cv2.LINE_AA)
    for turn in np.linspace(0, 2 * np.pi, 23, endpoint=False):
        angle, length = turn + random.uniform(-0.08, 0.08), radius * random.uniform(1.5, 2.0)
        along = np.array((np.cos(angle), np.sin(angle)))
        aside = np.array((-along[1], along[0])) * radius * 0.09
        middle = center + along * length * 0.75
        corners = [center + along * radius * 0.9 - aside, middle - aside, center + along * length, middle + aside]
        points = np.array([fine(corner) for corner in [*corners, center + along * radius * 0.9 + aside]])
        cv2.fillPoly(canvas, [points], (255,), cv2.LINE_AA)
    tint = np.float32((0.35, 0.75, 0.3)) * surface.mean(axis=2, keepdims=True) * 1.4
    return Subject(made_small(canvas), np.clip(tint, 0, 1).astype(np.float32))


def soft(surface: Picture, random: np.random.Generator) -> Subject:
    """A disc that is out of focus, from one side to the other ever more."""
    height, width = surface.shape[:2]
    rows, columns = np.indices((height, width), np.float32)
    away = np.hypot(rows - height * 0.5, columns - width * 0.5) - height * 0.32
    blur = (1.5 + 14 * columns / width) * width / 960
    share = np.clip(0.5 - away / (2 * blur), 0, 1)
    return Subject((share * share * (3 - 2 * share)).astype(np.float32), surface)


def _strand(
    center: tuple[float, float], radius: float, random: np.random.Generator, reach: float, wide: float = 0.85
) -> NDArray[np.float64]:
    """(n, 2): a curve from just inside the edge of an ellipse outwards, `reach` radii long."""
    angle = random.uniform(0, 2 * np.pi)
    begin = np.array(center) + 0.93 * radius * np.array((wide * np.cos(angle), np.sin(angle)))
    way = angle + random.uniform(-0.7, 0.7)
    bend = random.uniform(-1.2, 1.2)
    steps = np.linspace(0, 1, 14)
    turns = way + bend * steps
    moves = np.stack([np.cos(turns), np.sin(turns)], axis=1) * (reach + 0.07) * radius / len(steps)
    return begin + np.cumsum(moves, axis=0)


def _tapering(canvas: NDArray[np.uint8], path: NDArray[np.float64], width: float) -> None:
    for number in range(len(path) - 1):
        thick = max(1, round(FINE * width * (1 - 0.8 * number / len(path))))
        cv2.line(canvas, fine(path[number]), fine(path[number + 1]), (255,), thick, cv2.LINE_AA)


def _canvas(width: int, height: int) -> NDArray[np.uint8]:
    return np.zeros((height * FINE, width * FINE), np.uint8)


def fine(point: NDArray[np.float64] | tuple[float, float]) -> tuple[int, int]:
    return round(float(point[0]) * FINE), round(float(point[1]) * FINE)


def made_small(canvas: NDArray[np.uint8]) -> Plane:
    size = canvas.shape[1] // FINE, canvas.shape[0] // FINE
    return np.asarray(cv2.resize(canvas.astype(np.float32) / 255, size, interpolation=cv2.INTER_AREA), np.float32)


def fitted(photograph: Picture, width: int, height: int) -> Picture:
    """Enlarged to cover the size, its middle."""
    scale = max(width / photograph.shape[1], height / photograph.shape[0])
    size = max(width, round(photograph.shape[1] * scale)), max(height, round(photograph.shape[0] * scale))
    large = cv2.resize(photograph, size, interpolation=cv2.INTER_CUBIC)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return np.clip(large[y : y + height, x : x + width], 0, 1).astype(np.float32)

"""Drawn subjects whose alpha is known: bodies of all kinds, with hair, fur, petals, fronds and thin things.

Everything is random, and its share of hair is one of everything else: what no bench draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]  # (H, W) 0 to 1
Path = npt.NDArray[np.float64]  # (n, 2): x and y, pixels
Random = np.random.Generator
FINE = 2  # drawn so many times as large, with antialiased edges
SUBPIXEL = 4  # bits of OpenCV's fixed-point coordinates


@dataclass(frozen=True)
class Drawing:
    """alpha; strands: how much of it is hair; lightness: of each strand."""

    alpha: Plane
    strands: Plane
    lightness: Plane


class Sketch:
    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        shape = height * FINE, width * FINE
        self._cover, self._strands, self._light = (np.zeros(shape, np.uint8) for _ in range(3))

    def area(self, path: Path, value: int = 255) -> None:
        cv2.fillPoly(self._cover, [self._fixed(path)], (value,), cv2.LINE_AA, SUBPIXEL)

    def line(self, path: Path, width: float, closed: bool = False) -> None:
        thick = max(1, round(width * FINE))
        cv2.polylines(self._cover, [self._fixed(path)], closed, (255,), thick, cv2.LINE_AA, SUBPIXEL)

    def strand(self, path: Path, width: float, lightness: int) -> None:
        """Thinner towards its end."""
        third = len(path) // 3
        for first, share in ((0, 1.0), (third, 0.75), (2 * third, 0.45)):
            part = [self._fixed(path[first : first + third + 1] if first < 2 * third else path[first:])]
            thick = max(1, round(width * share * FINE))
            cv2.polylines(self._cover, part, False, (255,), thick, cv2.LINE_AA, SUBPIXEL)
            for canvas, value in ((self._strands, 255), (self._light, lightness)):
                cv2.polylines(canvas, part, False, (value,), thick + 4, cv2.LINE_8, SUBPIXEL)

    def drawing(self) -> Drawing:
        return Drawing(*(self._small(canvas) for canvas in (self._cover, self._strands, self._light)))

    def _small(self, canvas: npt.NDArray[np.uint8]) -> Plane:
        size = self.width, self.height
        return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.float32) / 255

    @staticmethod
    def _fixed(path: Path) -> npt.NDArray[np.int32]:
        return np.rint(path * (FINE << SUBPIXEL)).astype(np.int32)


def draw_subject(height: int, width: int, random: Random) -> Drawing:
    """One that takes up 40 to 90 % of the smaller side."""
    sketch = Sketch(height, width)
    radius = min(height, width) * random.uniform(0.16, 0.33)
    center = np.array((width, height)) * random.uniform(0.4, 0.6, 2)
    edge = _body(sketch, center, radius, random)
    if random.random() < 0.25:
        second = center + radius * random.uniform(-0.9, 0.9, 2)
        edge = np.concatenate([edge, _body(sketch, second, radius * random.uniform(0.4, 0.9), random)])
    kinds: tuple[Callable[..., None], ...] = (
        _hair,
        _hair,
        _hair,
        _hair,
        _fur,
        _petals,
        _fronds,
        _thin,
        _thin,
        _nothing,
    )
    for kind in random.choice(np.arange(len(kinds)), 1 + (random.random() < 0.25)):
        kinds[kind](sketch, edge, center, radius, random)
    if random.random() < 0.1:
        _holes(sketch, center, radius, random)
    return sketch.drawing()


def _body(sketch: Sketch, center: Path, radius: float, random: Random) -> Path:
    kind = random.random()
    turns = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    if kind < 0.65:
        away = np.ones_like(turns)
        for wave in range(2, 7):
            away += random.normal(0, 0.22 / wave) * np.cos(wave * turns + random.uniform(0, 7))
        edge = np.stack([np.cos(turns) * random.uniform(0.6, 1.1), np.sin(turns)], 1) * away[:, None] * radius
    elif kind < 0.85:
        corners = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 10)))
        points = np.stack([np.cos(corners), np.sin(corners)], 1) * radius * random.uniform(0.5, 1.2, (len(corners), 1))
        edge = _along(points, 240)
    else:
        sides = radius * random.uniform(0.35, 1.1, 2)
        edge = _along(np.array(((-1, -1), (1, -1), (1, 1), (-1, 1))) * sides, 240)
    edge = edge @ turned(random.uniform(0, 2 * np.pi)) + center
    sketch.area(edge)
    return edge


def _hair(sketch: Sketch, edge: Path, center: Path, radius: float, random: Random) -> None:
    """Straight, wavy or curled, combed to one side or not, in locks or singly, all around or on a part."""
    count = round(np.exp(random.uniform(np.log(50), np.log(1100))))
    reach = radius * np.exp(random.uniform(np.log(0.12), np.log(1.0)))
    _strands(sketch, edge, center, radius, random, count, reach, np.exp(random.uniform(np.log(0.4), np.log(3.2))))


def _fur(sketch: Sketch, edge: Path, center: Path, radius: float, random: Random) -> None:
    reach = radius * random.uniform(0.03, 0.2)
    _strands(sketch, edge, center, radius, random, random.integers(500, 1800), reach, random.uniform(0.5, 2.5))


def _strands(
    sketch: Sketch, edge: Path, center: Path, radius: float, random: Random, count: int, reach: float, width: float
) -> None:
    begin, span = random.random(), 1.0 if random.random() < 0.5 else random.uniform(0.1, 0.9)
    comb = turned(random.uniform(0, 7))[0] * random.choice((0.0, random.uniform(0, 2)))
    locks = random.random(random.integers(4, 45)) if random.random() < 0.45 else None
    spread, gather = random.uniform(0.005, 0.04), random.uniform(0, 0.9)
    curl, turns = random.choice((0.0, random.uniform(0.2, 1.6))), random.uniform(0.5, 5)
    wander, bend, astray = random.uniform(0, 0.12), random.normal(0, 0.7), random.uniform(0.05, 0.6)
    leans = random.normal(0, astray, 64)
    phases, shares = random.uniform(0, 7, 64), random.uniform(0.3, 1.0, 64)
    steps = np.linspace(0, 1, 19)
    dark = int(random.uniform(30, 200))
    for _ in range(count):
        lock = int(random.integers(64)) if locks is None else int(random.integers(len(locks)))
        place = random.random() if locks is None else (locks[lock] + random.normal(0, spread)) % 1
        root = edge[int((begin + span * place) % 1 * len(edge)) % len(edge)]
        outward = (root - center) / max(float(np.hypot(*(root - center))), 1e-6)
        way = outward + comb
        own = 1.0 if locks is None else 1 - gather
        angle = np.arctan2(way[1], way[0]) + leans[lock % 64] * (locks is not None) + random.normal(0, astray) * own
        angles = (
            angle + bend * steps + curl * np.sin(phases[lock % 64] * (locks is not None) + 2 * np.pi * turns * steps)
        )
        angles += np.cumsum(random.normal(0, wander, len(steps)))
        length = reach * shares[lock % 64] * random.uniform(0.5, 1.1)
        moves = np.stack([np.cos(angles), np.sin(angles)], 1) * length / len(steps)
        path = root - outward * radius * 0.06 + np.cumsum(moves, axis=0)
        sketch.strand(path, width * random.uniform(0.4, 1.3), int(random.uniform(dark, 255)))


def _petals(sketch: Sketch, edge: Path, center: Path, radius: float, random: Random) -> None:
    """Pointed or round ones, with hard edges and gaps between."""
    count, length = random.integers(5, 40), radius * random.uniform(0.2, 0.9)
    broad, point, lean = length * random.uniform(0.05, 0.3), random.uniform(0.4, 1.6), random.normal(0, 0.4)
    for turn in np.linspace(0, 1, count, endpoint=False):
        root = edge[int((turn + random.normal(0, 0.01)) % 1 * len(edge)) % len(edge)]
        way = np.arctan2(*(root - center)[::-1]) + lean + random.normal(0, 0.12)
        along = np.linspace(0, 1, 16)
        aside = broad * np.sin(np.pi * along**point)
        own = length * random.uniform(0.6, 1.1)
        leaf = np.concatenate([np.stack([along * own, aside], 1), np.stack([along * own, -aside], 1)[::-1]])
        sketch.area(leaf @ turned(way) + root - (root - center) * 0.1)


def _fronds(sketch: Sketch, edge: Path, center: Path, radius: float, random: Random) -> None:
    """Twigs with leaflets."""
    for _ in range(random.integers(2, 9)):
        root = edge[random.integers(len(edge))]
        way = np.arctan2(*(root - center)[::-1]) + random.normal(0, 0.4) + random.normal(0, 0.6) * np.linspace(0, 1, 20)
        length = radius * random.uniform(0.4, 1.1)
        twig = root - (root - center) * 0.08 + np.cumsum(np.stack([np.cos(way), np.sin(way)], 1), 0) * length / 20
        sketch.line(twig, random.uniform(1, 4))
        size, open_ = length * random.uniform(0.06, 0.22), random.uniform(0.5, 1.4)
        for step in range(3, 20, random.integers(1, 4)):
            for side in (-1, 1):
                turns = np.linspace(0, 2 * np.pi, 14)
                leaf = np.stack([size * (1 + np.cos(turns)), size * 0.4 * np.sin(turns)], 1)
                sketch.area(leaf @ turned(way[step] + side * open_) + twig[step])


def _thin(sketch: Sketch, edge: Path, center: Path, radius: float, random: Random) -> None:
    """Stems, legs, whiskers, handles and wheels."""
    for _ in range(random.integers(1, 9)):
        root, width = edge[random.integers(len(edge))], np.exp(random.uniform(np.log(1), np.log(11)))
        kind = random.random()
        if kind < 0.65:
            way = np.arctan2(*(root - center)[::-1]) + random.normal(0, 0.5)
            angles = way + np.cumsum(random.normal(0, random.choice((0.03, 0.25)), 12))
            moves = np.stack([np.cos(angles), np.sin(angles)], 1) * radius * random.uniform(0.3, 1.1) / 12
            sketch.line(root - (root - center) * 0.1 + np.cumsum(moves, 0), width)
        else:
            size = radius * random.uniform(0.2, 0.55)
            turns = np.linspace(0, 2 * np.pi, 60)
            ring = np.stack([np.cos(turns), np.sin(turns) * random.uniform(0.5, 1)], 1) * size + root
            sketch.line(ring, width, closed=True)
            for turn in random.uniform(0, 7, random.integers(0, 9)):
                sketch.line(np.stack([root, root + size * turned(turn)[0]]), max(1, width / 3))


def _nothing(*_of: object) -> None:
    """A body alone."""


def _holes(sketch: Sketch, center: Path, radius: float, random: Random) -> None:
    for _ in range(random.integers(1, 4)):
        turns = np.linspace(0, 2 * np.pi, 60)
        size = radius * random.uniform(0.08, 0.35, 2)
        hole = np.stack([np.cos(turns), np.sin(turns)], 1) * size + center + radius * random.uniform(-0.7, 0.7, 2)
        sketch.area(hole, 0)


def _along(corners: Path, count: int) -> Path:
    """`count` points along a closed polygon."""
    closed = np.concatenate([corners, corners[:1]])
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    places = np.linspace(0, lengths[-1], count, endpoint=False)
    return np.stack([np.interp(places, lengths, closed[:, axis]) for axis in range(2)], 1)


def turned(angle: float) -> Path:
    """Turns points (n, 2) by an angle when they are multiplied with it."""
    return np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))

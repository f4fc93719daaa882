"""Plain subjects with hard and soft edges, and what stands or lies behind them: posts, wires, frames, grain.

A soft edge is no hair, a post behind a subject is not of it, and neither are the dark lines of wood at a hard rim.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .shapes import Path, Plane, Random, Sketch, turned

Colors = npt.NDArray[np.float32]  # (H, W, 3) sRGB 0 to 1
SOFT = 0.65  # of plain subjects
WIDTHS = (2.0, 40.0)  # pixels of a soft edge, from nothing to all
POSTS = 9  # at most, and of a fence more


def plain_subject(height: int, width: int, random: Random) -> Plane:
    """Alpha of a disc, a box with round corners or a cup, in focus or out of it."""
    sketch = Sketch(height, width)
    radius = min(height, width) * random.uniform(0.16, 0.36)
    center = np.array((width, height)) * random.uniform(0.4, 0.6, 2)
    turn = turned(random.normal(0, 0.15) if random.random() < 0.7 else random.uniform(0, 7))
    sketch.area(_outline(random) * radius @ turn + center)
    if random.random() < 0.35:
        ring = _superellipse(2.0) * random.uniform(0.3, 0.6, 2)
        aside = np.array((random.choice((-0.9, 0.9)), random.uniform(-0.3, 0.3)))
        sketch.line((ring + aside) * radius @ turn + center, radius * random.uniform(0.04, 0.25), closed=True)
    alpha = sketch.drawing().alpha
    return softened(alpha, random) if random.random() < SOFT else alpha


def softened(alpha: Plane, random: Random) -> Plane:
    """As if out of focus: of one width, or ever more from one side to the other."""
    one, other = (float(np.exp(random.uniform(*np.log(WIDTHS)))) for _ in range(2))
    soft = _blurred(alpha, one, random)
    if random.random() < 0.6:
        return soft
    across = np.linspace(0, 1, alpha.shape[1], dtype=np.float32)[None, :]
    return np.asarray(soft + (_blurred(alpha, other, random) - soft) * across, np.float32)


def _blurred(alpha: Plane, width: float, random: Random) -> Plane:
    """By a lens's disc or by a normal distribution."""
    if random.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(alpha, (0, 0), width / 4), np.float32)
    side = 2 * int(np.ceil(width / 2)) + 1
    rows, columns = np.indices((side, side), np.float32) - side // 2
    disc = np.clip(width / 2 + 0.5 - np.hypot(rows, columns), 0, 1)
    return np.clip(cv2.filter2D(alpha, cv2.CV_32F, disc / disc.sum()), 0, 1).astype(np.float32)


def shaded(height: int, width: int, random: Random) -> Colors:
    """One colour, lighter to one side, with a sheen at times."""
    shade, way = random.random(3), turned(random.uniform(0, 7))[0]
    rows, columns = np.indices((height, width), np.float32) / width - 0.5
    along = columns * way[0] + rows * way[1]
    light = random.uniform(0, 0.8) * along + random.choice((0.0, random.uniform(0, 0.5))) * np.exp(
        -(((along - random.uniform(-0.3, 0.3)) / random.uniform(0.02, 0.2)) ** 2)
    )
    return np.clip(shade * (1 + light[:, :, None] * random.uniform(0.3, 1)), 0, 1).astype(np.float32)


def smooth(height: int, width: int, random: Random) -> Colors:
    """From one colour to another, no edge in it."""
    corners = random.random((2, 2, 3)) * random.uniform(0.1, 1) + random.random(3) * 0.5
    return np.clip(cv2.resize(corners.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)


def grain(height: int, width: int, random: Random) -> Colors:
    """Wood, cloth, gravel or stripes: noise of two sizes, drawn out one way, between two or three colours."""
    values = np.zeros((height, width), np.float32)
    long = float(np.exp(random.uniform(0, np.log(60))))
    bend = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 30) * 300
    for _ in range(2):
        fine = float(np.exp(random.uniform(np.log(0.6), np.log(9))))
        noise = random.normal(0, 1, (height, width)).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), sigmaX=min(fine * long, 90), sigmaY=fine)
        values += noise / max(float(noise.std()), 1e-6) * np.float32(random.uniform(0.3, 1))
    rows, columns = np.indices((height, width), np.float32)
    values = cv2.remap(values, columns, rows + bend * random.uniform(0, 6), cv2.INTER_LINEAR,
                       borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    if random.random() < 0.3:
        values = np.sin(values * random.uniform(1, 4))
    share = 1 / (1 + np.exp(-values * random.uniform(0.6, 5)))
    wood = np.array((0.45, 0.3, 0.18)) * random.uniform(0.4, 1.8) * random.uniform(0.8, 1.2, 3)
    light = wood if random.random() < 0.5 else random.random(3)
    dark = light * random.uniform(0.15, 0.8) if random.random() < 0.7 else random.random(3)
    made = dark + (light - dark) * share[:, :, None]
    if random.random() < 0.5:
        made = cv2.rotate(cv2.resize(made, (height, width)), cv2.ROTATE_90_CLOCKWISE)
    return np.clip(made, 0, 1).astype(np.float32)


def stands_behind(ground: Colors, random: Random) -> Colors:
    """With posts, wires, a fence or a frame, sharp or not, each of its own colour."""
    height, width = ground.shape[:2]
    for _ in range(int(random.integers(1, 4))):
        sketch = Sketch(height, width)
        (_posts, _posts, _fence, _wires, _frames)[random.integers(5)](sketch, random)
        cover = sketch.drawing().alpha
        if random.random() < 0.3:
            cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), random.uniform(0.6, 5)), np.float32)
        own = shaded(height, width, random)
        ground = ground + (own - ground) * cover[:, :, None]
    return ground


def _posts(sketch: Sketch, random: Random) -> None:
    """Across the whole picture or a part of it, about upright."""
    size = np.array((sketch.width, sketch.height))
    for _ in range(int(random.integers(1, POSTS))):
        middle, way = random.random(2) * size, turned(np.pi / 2 + random.normal(0, 0.12))[0]
        if random.random() < 0.35:
            way = turned(random.uniform(0, 7))[0]
        long = random.choice((2.0, random.uniform(0.2, 0.6))) * sketch.height
        sketch.line(np.stack([middle - way * long, middle + way * long]), _thick(random))


def _fence(sketch: Sketch, random: Random) -> None:
    way, gap = turned(np.pi / 2 * random.integers(2) + random.normal(0, 0.15))[0], random.uniform(8, 70)
    aside, middle = np.array((-way[1], way[0])), np.array((sketch.width, sketch.height)) / 2
    thick = min(_thick(random), gap * 0.7)
    for number in range(-int(500 / gap), int(500 / gap) + 1):
        foot = middle + aside * gap * number
        sketch.line(np.stack([foot - way * 900, foot + way * 900]), thick)


def _wires(sketch: Sketch, random: Random) -> None:
    along = np.linspace(-0.1, 1.1, 24)
    begin, end, sag = random.random(), random.random(), random.normal(0, 0.2)
    for number in range(int(random.integers(1, 6))):
        down = begin + (end - begin) * along + sag * along * (1 - along) + number * random.uniform(0.02, 0.1)
        path = np.stack([along, down] if random.random() < 0.7 else [down, along], 1)
        sketch.line(path * (sketch.width, sketch.height), random.uniform(0.7, 4))


def _frames(sketch: Sketch, random: Random) -> None:
    """Windows, boxes, edges of tables."""
    for _ in range(int(random.integers(1, 5))):
        corners = np.array(((-1, -1), (1, -1), (1, 1), (-1, 1))) * random.uniform(20, 320, 2)
        path = corners @ turned(random.normal(0, 0.2)) + random.random(2) * (sketch.width, sketch.height)
        if random.random() < 0.4:
            sketch.area(path)
        else:
            sketch.line(path, _thick(random), closed=True)


def _thick(random: Random) -> float:
    return float(np.exp(random.uniform(np.log(1), np.log(22))))


def _outline(random: Random) -> Path:
    kind = random.random()
    if kind < 0.7:
        return _superellipse(float(np.exp(random.uniform(np.log(2), np.log(12))))) * random.uniform(0.55, 1.15, 2)
    edge = _superellipse(random.uniform(4, 14)) * (random.uniform(0.6, 0.9), 1.0)
    edge[:, 0] *= 1 - random.uniform(0, 0.35) * edge[:, 1]  # a cup: narrower at one end
    return edge


def _superellipse(power: float) -> Path:
    turns = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    both = np.stack([np.cos(turns), np.sin(turns)], 1)
    return np.sign(both) * np.abs(both) ** (2 / power)

"""Masks of many shapes, hard and soft, as a user's selections are."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.float32]
"""(H, W), 0 = keep, 1 = repaint; soft values in between."""

SHAPES = ("ellipse", "rectangle", "rounded", "blob", "polygon", "strokes")


@dataclass(frozen=True)
class Box:
    """Half-open, in pixels of the sample; may reach over its edges."""

    x: int
    y: int
    width: int
    height: int


def draw_mask(shape: str, box: Box, side: int, rng: np.random.Generator) -> Mask:
    """A hard mask of one of SHAPES that fills the box. Raises ValueError for another shape."""
    canvas = np.zeros((side, side), np.uint8)
    center = (box.x + box.width / 2, box.y + box.height / 2)
    if shape == "ellipse":
        axes = (max(1, box.width // 2), max(1, box.height // 2))
        cv2.ellipse(canvas, (round(center[0]), round(center[1])), axes, 0, 0, 360, 255, -1)
    elif shape == "rectangle":
        cv2.rectangle(canvas, (box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1), 255, -1)
    elif shape == "rounded":
        radius = max(1, min(box.width, box.height) // 5)
        inner = (box.x + radius, box.y + radius), (box.x + box.width - radius, box.y + box.height - radius)
        cv2.rectangle(canvas, *inner, 255, radius * 2)
        cv2.rectangle(canvas, *inner, 255, -1)
    elif shape in ("blob", "polygon"):
        cv2.fillPoly(canvas, [_outline(shape, box, rng)], 255)
    elif shape == "strokes":
        _scribble(canvas, box, rng)
    else:
        raise ValueError(f"no mask shape is called {shape!r}")
    return canvas.astype(np.float32) / 255


def _outline(shape: str, box: Box, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """A closed curve around the box's centre: smooth for a blob, with corners for a polygon."""
    angles = np.linspace(0, 2 * np.pi, 48 if shape == "blob" else int(rng.integers(5, 10)), endpoint=False)
    radius = np.ones_like(angles)
    if shape == "blob":
        for wave in range(2, 6):
            radius += rng.uniform(0, 0.16 / (wave - 1)) * np.cos(wave * angles + rng.uniform(0, 2 * np.pi))
        radius /= radius.max()
    else:
        radius = rng.uniform(0.8, 1.05, angles.shape)
    x = box.x + box.width / 2 + radius * np.cos(angles) * box.width / 2
    y = box.y + box.height / 2 + radius * np.sin(angles) * box.height / 2
    return np.stack([x, y], -1).round().astype(np.int32)


def _scribble(canvas: npt.NDArray[np.uint8], box: Box, rng: np.random.Generator) -> None:
    """A brush going to and fro over the box, as one rubs over a thing to be removed."""
    thick = max(4, int(min(box.width, box.height) * rng.uniform(0.3, 0.5)))
    inset = thick // 2
    rows = max(2, round(box.height / (thick * 0.7)))
    left, right = box.x + inset, max(box.x + inset + 1, box.x + box.width - inset)
    ys = np.linspace(box.y + inset, max(box.y + inset + 1, box.y + box.height - inset), rows)
    points = []
    for index, y in enumerate(ys):
        ends = (left, right) if index % 2 == 0 else (right, left)
        points += [(end + rng.normal(0, thick * 0.12), y + rng.normal(0, thick * 0.12)) for end in ends]
    line = np.array(points).round().astype(np.int32)
    cv2.polylines(canvas, [line], False, 255, thick)


def soften(mask: Mask, sigma_px: float) -> Mask:
    """Feathered: blurred by a Gaussian, but 1 where it is 1 after shrinking, so that its heart stays free."""
    if sigma_px <= 0:
        return mask
    return np.clip(cv2.GaussianBlur(mask, (0, 0), sigma_px), 0, 1).astype(np.float32)


def object_mask(side: int, rng: np.random.Generator) -> tuple[Mask, Box]:
    """A selection in which someone wants a thing, and the box it fills: 42 % to 100 % of the picture's side long."""
    shape = SHAPES[rng.choice(len(SHAPES), p=(0.28, 0.24, 0.1, 0.22, 0.08, 0.08))]
    long = rng.uniform(0.42, 1.0) * side
    aspect = float(np.exp(rng.normal(0, 0.22)))
    width, height = (int(np.clip(long * factor, side * 0.3, side)) for factor in (aspect**0.5, aspect**-0.5))
    box = Box(int(rng.integers(0, side - width + 1)), int(rng.integers(0, side - height + 1)), width, height)
    return draw_mask(shape, box, side, rng), box


def border_mask(side: int, rng: np.random.Generator) -> Mask:
    """What outpainting repaints: a strip of 15 % to 50 % along one edge, or along two or more."""
    mask = np.zeros((side, side), np.float32)
    edges = rng.permutation(4)[: rng.choice((1, 2, 4), p=(0.6, 0.3, 0.1))]
    for edge in edges:
        depth = int(side * rng.uniform(0.15, 0.5 if len(edges) == 1 else 0.3))
        turned = np.rot90(mask, int(edge))
        turned[:depth] = 1
    return mask


def removal_mask(side: int, rng: np.random.Generator) -> Mask:
    """What removing repaints: one or two shapes of 15 % to 65 % of the side, anywhere, also over the edge."""
    mask = np.zeros((side, side), np.float32)
    for _ in range(1 if rng.random() < 0.75 else 2):
        shape = SHAPES[rng.integers(len(SHAPES))]
        width, height = (int(side * rng.uniform(0.15, 0.65)) for _ in range(2))
        x, y = (int(rng.integers(-extent // 4, side - 3 * extent // 4)) for extent in (width, height))
        mask = np.maximum(mask, draw_mask(shape, Box(x, y, width, height), side, rng))
    return mask


def bounding_box(mask: Mask) -> Box:
    """The smallest box around everything above one half. Raises ValueError for an empty mask."""
    rows, columns = np.flatnonzero((mask > 0.5).any(1)), np.flatnonzero((mask > 0.5).any(0))
    if not len(rows):
        raise ValueError("the mask is empty")
    x, y = int(columns[0]), int(rows[0])
    return Box(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)

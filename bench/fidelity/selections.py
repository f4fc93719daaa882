"""Selections of every kind that a user makes: (H, W) uint8, 255 = selected, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Draw = Callable[[int, int, int, np.random.Generator], Mask]


def select(kind: str, height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    """A selection of about `extent` pixels across in a document of that size."""
    return KINDS[kind](height, width, min(extent, height - 16, width - 16), random)


def _ellipse(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    axes = (max(3, extent // 2), max(3, int(extent * random.uniform(0.3, 0.5))))
    cv2.ellipse(
        mask, _center(height, width, extent, random), axes, random.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA
    )
    return mask


def _box(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    x, y = _center(height, width, extent, random)
    half, other = extent // 2, int(extent * random.uniform(0.25, 0.5))
    mask[max(0, y - other) : y + other, max(0, x - half) : x + half] = 255
    return mask


def _freehand(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    """A wobbling outline: a circle whose radius is a sum of a few waves."""
    mask = np.zeros((height, width), np.uint8)
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    radius = np.full(120, 0.38)
    for wave in range(2, 7):
        radius += random.uniform(-0.25, 0.25) / wave * np.sin(wave * angle + random.uniform(0, 6.3))
    outline = np.stack((np.cos(angle), np.sin(angle)), 1) * np.maximum(radius, 0.1)[:, None] * extent
    outline += _center(height, width, extent, random)
    cv2.fillPoly(mask, [np.rint(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    return mask


def _brush(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    """A stroke of a soft brush."""
    mask = np.zeros((height, width), np.uint8)
    x, y = _center(height, width, extent, random)
    points = random.integers(-extent // 3, extent // 3 + 1, (4, 2)) + np.array((x, y))
    thickness = max(5, extent // 4)
    cv2.polylines(mask, [points.astype(np.int32)], False, 255, thickness, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(1.5, thickness / 6)), np.uint8)


def _gradient(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    """A linear gradient of `extent` pixels from unselected to selected, in a box."""
    x, y = _center(height, width, extent, random)
    ramp = np.clip((np.arange(width) - (x - extent / 2)) / extent, 0, 1)
    mask = np.zeros((height, width), np.uint8)
    rows = slice(max(0, y - extent // 2), y + extent // 2)
    mask[rows] = np.rint(255 * np.where(np.arange(width) < x + extent / 2, ramp, 0)).astype(np.uint8)
    return np.ascontiguousarray(mask[:, ::-1]) if random.random() < 0.5 else mask


def _sliver(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    """A line one pixel wide, as for a wire or a hair."""
    mask = np.zeros((height, width), np.uint8)
    x, y = _center(height, width, extent, random)
    angle = random.choice((0.0, np.pi / 2, random.uniform(0, np.pi)))
    dx, dy = int(np.cos(angle) * extent / 2), int(np.sin(angle) * extent / 2)
    cv2.line(mask, (x - dx, y - dy), (x + dx, y + dy), 255, 1)
    return mask


def _parts(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    parts = [_ellipse(height, width, max(8, extent // 3), random) for _ in range(4)]
    return np.maximum.reduce(parts)


def _hole(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    center = _center(height, width, extent, random)
    cv2.circle(mask, center, extent // 2, 255, -1, cv2.LINE_AA)
    cv2.circle(mask, center, extent // 5, 0, -1, cv2.LINE_AA)
    return mask


def _inverted(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    return 255 - _ellipse(height, width, max(extent, min(height, width) // 2), random)


def _border(height: int, width: int, extent: int, random: np.random.Generator) -> Mask:
    """Reaches over an edge of the document."""
    mask = np.zeros((height, width), np.uint8)
    edge = int(random.integers(4))
    along = int(random.integers(extent // 2, max(height, width) - extent // 2 + 1))
    x, y = ((0, along), (width, along), (along, 0), (along, height))[edge]
    cv2.circle(mask, (min(x, width), min(y, height)), extent // 2, 255, -1, cv2.LINE_AA)
    return mask


def _whole(height: int, width: int, _extent: int, _random: np.random.Generator) -> Mask:
    return np.full((height, width), 255, np.uint8)


def _center(height: int, width: int, extent: int, random: np.random.Generator) -> tuple[int, int]:
    def along(length: int) -> int:
        margin = min(extent // 2 + 4, length // 2)
        return int(random.integers(margin, max(margin + 1, length - margin)))

    return along(width), along(height)


KINDS: dict[str, Draw] = {
    "ellipse": _ellipse,
    "box": _box,
    "freehand": _freehand,
    "brush": _brush,
    "gradient": _gradient,
    "sliver": _sliver,
    "parts": _parts,
    "hole": _hole,
    "inverted": _inverted,
    "border": _border,
    "whole": _whole,
}
SOFT = ("brush", "gradient")

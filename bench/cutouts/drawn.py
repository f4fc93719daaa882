"""What the third held-out set draws: hair combed down, curls, and things that are neither hair nor a glyph."""

from __future__ import annotations

import cv2
import numpy as np

from .composites import FINE, Picture, Plane, Subject, fine, made_small
from .heads import Head

Random = np.random.Generator


def combed(surface: Picture, random: Random, shade: tuple[float, ...]) -> Subject:
    """A head with long hair that hangs down from its crown, and a few strands that stand off."""
    head = Head(surface.shape[:2], (0.5, 0.42), 0.22, 0.82)
    steps = np.linspace(0, 1, 26)[:, np.newaxis]
    for number in range(420):
        astray = number % 9 == 0
        angle = random.uniform(-np.pi, 0)
        root = head.center + 0.9 * head.radius * np.array((0.82 * np.cos(angle), np.sin(angle)))
        side = np.sign(np.cos(angle))
        reach = head.radius * random.uniform(0.7, 2.1)
        out = head.radius * (random.uniform(0.5, 1.2) if astray else random.uniform(0.05, 0.5))
        middle = root + np.array((side * out, reach * random.uniform(-0.2, 0.2)))
        end = root + np.array((side * out * random.uniform(0.3, 1.3), reach))
        path = root * (1 - steps) ** 2 + 2 * middle * steps * (1 - steps) + end * steps**2
        head.strand(path, random.uniform(0.5, 1.8), int(random.uniform(90, 255)))
    return head.subject(surface, shade)


def curls(surface: Picture, random: Random, shade: tuple[float, ...]) -> Subject:
    """A head all around with spirals of strands."""
    head = Head(surface.shape[:2], (0.5, 0.53), 0.23, 0.86)
    turns = np.linspace(0, 1, 60)
    for _ in range(150):
        angle, rounds = random.uniform(0, 2 * np.pi), random.uniform(1.5, 5)
        along = np.array((np.cos(angle), np.sin(angle)))
        aside = np.array((-along[1], along[0]))
        root = head.center + 0.92 * head.radius * np.array((0.86 * np.cos(angle), np.sin(angle)))
        reach, wide = head.radius * random.uniform(0.12, 0.6), head.radius * random.uniform(0.015, 0.06)
        phase = random.uniform(0, 2 * np.pi) + 2 * np.pi * rounds * turns
        away = reach * turns + wide * (np.cos(phase) - np.cos(phase[0]))
        beside = wide * (np.sin(phase) - np.sin(phase[0])) + reach * random.normal(0, 0.2) * turns**2
        path = root + away[:, np.newaxis] * along + beside[:, np.newaxis] * aside
        head.strand(path, random.uniform(0.6, 1.7), int(random.uniform(90, 255)))
    return head.subject(surface, shade)


def clock(surface: Picture, random: Random) -> Subject:
    """A dandelion's: stalks from a middle, each with a fan of hairs at its end, and a stem."""
    height, width = surface.shape[:2]
    canvas = np.zeros((height * FINE, width * FINE), np.uint8)
    center, radius = np.array((0.5 * width, 0.42 * height)), 0.3 * height
    cv2.circle(canvas, fine(center), round(0.4 * radius * FINE), (255,), -1, cv2.LINE_AA)
    cv2.line(
        canvas, fine(center), fine(center + np.array((0.1 * width, 0.7 * height))), (255,), round(7 * FINE), cv2.LINE_AA
    )
    for turn in np.linspace(0, 2 * np.pi, 70, endpoint=False):
        way = turn + random.normal(0, 0.04)
        end = center + radius * random.uniform(0.6, 0.85) * np.array((np.cos(way), np.sin(way)))
        cv2.line(canvas, fine(center), fine(end), (255,), FINE, cv2.LINE_AA)
        for lean in random.normal(0, 0.5, 14):
            tip = end + radius * 0.2 * np.array((np.cos(way + lean), np.sin(way + lean)))
            cv2.line(canvas, fine(end), fine(tip), (255,), max(1, FINE // 2), cv2.LINE_AA)
    pale = 0.55 + 0.45 * surface.mean(axis=2, keepdims=True) * np.float32((1, 0.98, 0.9))
    return Subject(made_small(canvas), np.clip(pale, 0, 1).astype(np.float32))


def tree(surface: Picture, random: Random) -> Subject:
    """A trunk that parts again and again, with hard edges."""
    height, width = surface.shape[:2]
    canvas = np.zeros((height * FINE, width * FINE), np.uint8)

    def grow(root: np.ndarray, way: float, length: float, thick: float) -> None:
        end = root + length * np.array((np.cos(way), np.sin(way)))
        cv2.line(canvas, fine(root), fine(end), (255,), max(1, round(FINE * thick)), cv2.LINE_AA)
        if thick > 1.2:
            for lean in random.normal(0, 0.5, 3):
                grow(end, way + lean, length * random.uniform(0.6, 0.85), thick * 0.6)

    grow(np.array((0.5 * width, 0.93 * height)), -np.pi / 2, 0.3 * height, 0.08 * height)
    return Subject(made_small(canvas), np.clip(surface * np.float32((0.6, 0.45, 0.3)), 0, 1).astype(np.float32))


def passing(surface: Picture, random: Random) -> Subject:
    """A star that moves: its edges are soft along its way, and sharp across."""
    height, width = surface.shape[:2]
    canvas = np.zeros((height * FINE, width * FINE), np.uint8)
    turns = np.linspace(0, 2 * np.pi, 11)[:-1] + random.uniform(0, 1)
    away = np.where(np.arange(10) % 2, 0.2, 0.36) * height
    points = np.stack([width * 0.5 + away * np.cos(turns), height * 0.5 + away * np.sin(turns)], axis=1)
    cv2.fillPoly(canvas, [np.array([fine(point) for point in points])], (255,), cv2.LINE_AA)
    alpha: Plane = np.asarray(cv2.blur(made_small(canvas), (int(random.integers(12, 30)), 1)), np.float32)
    return Subject(alpha, surface)

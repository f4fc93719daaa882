"""Heads whose hair is drawn strand by strand, for the held-out composites."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .composites import FINE, Picture, Subject, fine, made_small


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

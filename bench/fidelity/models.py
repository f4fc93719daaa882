"""What paints in the benchmark: functions of what a method feeds them, from perfect to real."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .cases import Case
from .methods import Ask, Image, Model

Paint = Callable[[Image], Image]
GAIN = np.array([1.04, 1.0, 0.97], np.float32)  # of red, green, blue
CONTRAST = 0.95
BLUR = 0.7  # standard deviation, working pixels
INTENDED = np.array([0.80, 0.12, 0.18], np.float32)


@dataclass(frozen=True)
class Cache:
    """Keeps what slow functions of arrays gave, in a folder; `name` tells the functions and their weights apart."""

    folder: Path
    name: str

    def get(self, inputs: tuple[Image, ...], compute: Callable[[], Image]) -> Image:
        """A picture (h, w, 3) from 0 to 1, kept in 16 bit."""
        digest = hashlib.blake2b(self.name.encode(), digest_size=16)
        for array in inputs:
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        path = self.folder / f"{digest.hexdigest()}.npy"
        if path.exists():
            return np.load(path) / np.float32(65535)
        picture = np.rint(np.clip(compute(), 0, 1) * 65535).astype(np.uint16)
        self.folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.npy")  # several runs may share the folder
        np.save(part, picture)
        part.replace(path)
        return picture / np.float32(65535)


def identity_ideal(case: Case) -> Model:
    """Returns the truth, as the method would see it."""
    return lambda ask: ask.see(case.truth)


def ideal(case: Case, vae: Paint) -> Model:
    """Returns the truth after it went through an autoencoder."""
    return lambda ask: vae(ask.see(case.truth))


def shifted(case: Case) -> Model:
    """Returns the truth, a little too red, flat and soft."""
    return lambda ask: bias(ask.see(case.truth))


def biased(case: Case, vae: Paint) -> Model:
    """The ideal model, a little too red, flat and soft."""

    def paint(ask: Ask) -> Image:
        return bias(vae(ask.see(case.truth)))

    return paint


def bias(picture: Image) -> Image:
    shifted = ((picture - np.float32(0.5)) * np.float32(CONTRAST) + np.float32(0.5)) * GAIN
    return np.clip(cv2.GaussianBlur(shifted, (0, 0), BLUR), 0, 1).astype(np.float32)


def intended(case: Case) -> Model:
    """Paints all of the mask in one strong colour and leaves the rest as the truth is."""

    def paint(ask: Ask) -> Image:
        inside = (ask.mask >= 0.5)[:, :, None]
        return np.where(inside, INTENDED, ask.see(case.truth)).astype(np.float32)

    return paint

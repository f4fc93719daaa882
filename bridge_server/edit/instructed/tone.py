"""How the tone of a picture differs from that of the one it was made from, where both show the same.

An affine map of colours, fitted in cells to those that have the same structure, robustly (Tukey's biweight), and drawn
to no change where little is known. A model's own drift is small. A change that is large everywhere was asked for
("make it night"), and stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose.residual import structure
from ..source import Image

CELL = 8  # pixels
LEAST = 0.04  # of the cells, that have to show the same
ALIKE = 0.6  # correlation of structures, from which on a cell may show the same
FLAT = 2e-5  # mean squared structure: without any, only its colour tells a cell
FLAT_COUNTS = 0.25  # so much less
FITS = 12
TUKEY = 4.7
SURE = 0.006  # of encoded values: cells do not tell it better
RIDGE = 2e-3  # of the trusted cells: how strongly it is drawn to no change
DRIFT, ASKED = 5.0, 10.0  # CIE76, mean of what shows the same: below, a model's drift; above, what was asked for
WINDOW = (17, 17)  # pixels, of a structure

Floats = NDArray[np.float64]
Cells = NDArray[np.float32]


@dataclass(frozen=True)
class Tone:
    """colors: (4, 3): (r, g, b, 1) times it gives encoded values."""

    colors: Floats

    def of(self, picture: Image) -> Image:
        """The picture (h, w, 3), 0 to 1."""
        matrix = np.ascontiguousarray(self.colors.T, np.float32)
        return np.asarray(np.clip(cv2.transform(picture, matrix), 0.0, 1.0), np.float32)


def find_tone(made: Image, seen: Image, known: Cells | None = None) -> Tone | None:
    """What brings the colours of `made` to those of `seen`, both (h, w, 3) 0 to 1; None where too little shows the
    same, or where the difference was asked for.

    known: (h, w) 0 to 1: how sure it is that a pixel shows the same; None: no more of one than of another.
    """
    weight = trusted(made, seen)
    if known is not None:
        weight = weight * _cells(known)
    new, old = (_cells(picture).reshape(-1, 3).astype(np.float64) for picture in (made, seen))
    base = weight.reshape(-1).astype(np.float64)
    if base.sum() < LEAST * len(base):
        return None
    inputs = np.column_stack([new, np.ones(len(new))])
    same = np.vstack([np.eye(3), np.zeros((1, 3))])
    colors, counts = same, base
    begin = old - new
    at = np.median(begin[base > FLAT_COUNTS], axis=0) if (base > FLAT_COUNTS).any() else np.zeros(3)
    off = np.sqrt(np.square(begin - at).sum(axis=1))
    for _ in range(FITS):
        spread = max(SURE, 1.48 * _median(off, base))
        counts = base * np.square(np.maximum(0.0, 1 - np.square(off / (TUKEY * spread))))
        if counts.sum() < LEAST * len(base):
            return None
        colors = _solved(inputs, old, counts, same)
        off = np.sqrt(np.square(inputs @ colors - old).sum(axis=1))
    share = _share(new, inputs @ colors, counts)
    return None if share <= 0 else Tone(same + share * (colors - same))


def trusted(made: Image, seen: Image) -> Cells:
    """Cells of CELL pixels, 0 to 1: how far their structure is the same, whatever their tone."""
    old, new = structure(seen, WINDOW), structure(made, WINDOW)
    both, own, other = (cv2.blur(cv2.multiply(a, b), WINDOW) for a, b in ((old, new), (old, old), (new, new)))
    like = both / np.sqrt(np.maximum(own * other, np.float32(1e-12)))
    alike = np.clip((like - np.float32(ALIKE)) / np.float32(1 - ALIKE), 0.0, 1.0)
    flat = np.maximum(own, other) < FLAT
    return _cells(np.where(flat, np.float32(FLAT_COUNTS), alike).astype(np.float32))


def _solved(inputs: Floats, wanted: Floats, counts: Floats, same: Floats) -> Floats:
    weighted = inputs * counts[:, None]
    ridge = RIDGE * counts.sum() * np.eye(4)
    return np.asarray(np.linalg.solve(weighted.T @ inputs + ridge, weighted.T @ wanted + ridge @ same), np.float64)


def _share(before: Floats, after: Floats, counts: Floats) -> float:
    """How much of the change is a drift, 0 to 1."""
    colors = [np.clip(one, 0.0, 1.0).astype(np.float32)[None] for one in (before, after)]
    old, new = (cv2.cvtColor(one, cv2.COLOR_RGB2Lab)[0] for one in colors)
    change = np.sqrt(np.square(new - old).sum(axis=1)).astype(np.float64)
    return float(np.clip((ASKED - change @ counts / counts.sum()) / (ASKED - DRIFT), 0.0, 1.0))


def _median(values: Floats, weight: Floats) -> float:
    order = np.argsort(values)
    half = int((np.cumsum(weight[order]) < weight.sum() / 2).sum())
    return float(values[order[min(half, len(values) - 1)]])


def _cells(values: NDArray[np.float32]) -> Cells:
    size = max(1, values.shape[1] // CELL), max(1, values.shape[0] // CELL)
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)

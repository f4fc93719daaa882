"""How far a picture has moved against the one that it was made from: a shift and a scale, in parts of a pixel.

Phase correlation (Kuglin and Hines 1975) tells the shift of each block. Where the content was changed it tells nothing
in particular, so shift and scale are fitted robustly (iteratively reweighted least squares, Tukey's biweight). What is
left is measured again after the picture was moved, since the peak's centroid falls short of a part of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..source import Image

BLOCK, STEP = 64, 32  # pixels
LEAST_BLOCKS = 6  # that agree, and have texture
AGREEING = 0.2  # of the blocks with texture
TEXTURE = 0.006  # a block's standard deviation without its coarse part: less tells no shift
COARSE = 8.0  # pixels: the standard deviation of what is taken away
FARTHEST = 12.0  # pixels: more is another picture
MOST_SCALE = 0.03  # from 1
ROUNDS, FITS = 4, 12
TUKEY = 4.7  # its usual constant, in standard deviations
SURE = 0.08  # pixels: blocks do not tell it better
NO_SHIFT = 0.02  # pixels: so little is not worth resampling

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """What lies at p in one picture lies at p + offset + scale * (p - middle) in the other; pixels, (x, y)."""

    offset: tuple[float, float]
    scale: tuple[float, float]
    middle: tuple[float, float]

    @property
    def farthest(self) -> float:
        """Pixels by which anything is moved."""
        return max(
            abs(offset) + abs(scale) * middle
            for offset, scale, middle in zip(self.offset, self.scale, self.middle, strict=True)
        )

    def undone(self, picture: Image) -> Image:
        """The picture (h, w, 3) moved back; its borders go on where nothing is known."""
        (x, y), (across, down), (cx, cy) = self.offset, self.scale, self.middle
        where = np.array([[1 + across, 0, x - across * cx], [0, 1 + down, y - down * cy]])
        size = (picture.shape[1], picture.shape[0])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(picture, where, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(np.clip(moved, 0.0, 1.0), np.float32)

    def then(self, further: Shift) -> Shift:
        """This one, and what was found of the picture after it was undone."""
        offsets, scales = zip(self.offset, further.offset, strict=True), zip(self.scale, further.scale, strict=True)
        offset, scale = tuple(a + b for a, b in offsets), tuple(a + b for a, b in scales)
        return Shift((offset[0], offset[1]), (scale[0], scale[1]), self.middle)


def find_shift(made: Image, seen: Image) -> Shift | None:
    """Of `made` against `seen`, both (h, w, 3) 0 to 1; None where too little agrees, or nothing has moved."""
    middle = (seen.shape[1] / 2, seen.shape[0] / 2)
    found = Shift((0.0, 0.0), (0.0, 0.0), middle)
    still, moved = _structure(seen), made
    for _ in range(ROUNDS):
        step = _measured(_structure(moved), still, middle)
        if step is None:
            return None
        found = found.then(step)
        if found.farthest > FARTHEST or max(map(abs, found.scale)) > MOST_SCALE:
            return None
        if step.farthest < NO_SHIFT:
            break
        moved = found.undone(made)
    return found if found.farthest >= NO_SHIFT else None


def _structure(picture: Image) -> NDArray[np.float32]:
    gray = cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32))
    return np.asarray(gray - cv2.GaussianBlur(gray, (0, 0), COARSE), np.float32)


def _measured(moved: NDArray[np.float32], still: NDArray[np.float32], middle: tuple[float, float]) -> Shift | None:
    height, width = still.shape
    side = min(BLOCK, height, width)
    hann = cv2.createHanningWindow((side, side), cv2.CV_32F)
    places: list[tuple[float, float]] = []
    shifts: list[tuple[float, float]] = []
    for y in range(0, height - side + 1, STEP):
        for x in range(0, width - side + 1, STEP):
            old, new = still[y : y + side, x : x + side], moved[y : y + side, x : x + side]
            if min(float(old.std()), float(new.std())) < TEXTURE:
                continue
            (across, down), _response = cv2.phaseCorrelate(np.ascontiguousarray(old), np.ascontiguousarray(new), hann)
            places.append((x + side / 2 - middle[0], y + side / 2 - middle[1]))
            shifts.append((across, down))
    if len(places) < LEAST_BLOCKS:
        return None
    return _fitted(np.array(places), np.array(shifts), middle)


def _fitted(places: Floats, shifts: Floats, middle: tuple[float, float]) -> Shift | None:
    """places, shifts: (n, 2), of blocks, from the middle."""
    at = np.median(shifts, axis=0)
    slope = np.zeros(2)
    weight = np.zeros(len(places))
    for _ in range(FITS):
        off = np.sqrt(np.square(shifts - at - slope * places).sum(axis=1))
        spread = max(SURE, 1.48 * float(np.median(off)))
        weight = np.square(np.maximum(0.0, 1 - np.square(off / (TUKEY * spread))))
        if float(weight.sum()) < LEAST_BLOCKS / 2:
            return None
        at, slope = _lines(places, shifts, weight)
    agreeing = np.sqrt(np.square(shifts - at - slope * places).sum(axis=1)) < max(3 * SURE, 0.5)
    if int(agreeing.sum()) < max(LEAST_BLOCKS, AGREEING * len(places)):
        return None
    return Shift((float(at[0]), float(at[1])), (float(slope[0]), float(slope[1])), middle)


def _lines(places: Floats, shifts: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Offset and slope of each coordinate, by weighted least squares; no slope where blocks lie in a line."""
    total = weight.sum()
    mean_place, mean_shift = weight @ places / total, weight @ shifts / total
    apart, off = places - mean_place, shifts - mean_shift
    spread = weight @ np.square(apart)
    enough = spread > total * np.square(BLOCK / 2)
    slope = np.where(enough, weight @ (apart * off) / np.where(enough, spread, 1.0), 0.0)
    return mean_shift - slope * mean_place, slope

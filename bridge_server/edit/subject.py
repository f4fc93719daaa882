"""Finds the subject of a picture: a small network says roughly where it is, as a soft blob; matting/ says exactly.

U²-Net (Qin and others, 2020) looks at 320 x 320 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ..plan.bounds import Bounds
from .source import Image

SIDE = 320  # pixels that U²-Net-p looks at, each way
MEAN, DEVIATION = (
    (0.485, 0.456, 0.406),
    (0.229, 0.224, 0.225),
)  # of the pictures that networks are trained on (ImageNet)
DARKEST = 1e-3  # of the brightest value, by which U²-Net's pictures are divided
OUTPUT = "1959"  # of its file's seven outputs the final one
LEAST = 40  # pixels of a subject that is looked at closer
HINT, HALF = 0.2, 0.5  # of the share: may be of the subject; is
CLOSER = 0.7  # of the picture's area: what is larger was seen near enough
BESIDE = 0.2  # of the subject's sides: so much more is looked at closer
SAME = 0.5  # of the two looks' union that must be in both
SURELY = 0.95  # of the share
SURE = 0.95  # what a subject reaches somewhere: things and animals 0.998 and more, walls, grass and the moon 0.93
LOST = 3  # pixels of the first look: half of the width of a part that the second one may not lose
SOFTENED_PIXELS = 16  # of a blur's width that are enough: whole pictures are made so much smaller for wider ones

Share = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """share: (H, W) 0 to 1, how surely each pixel is of the subject. pixel: how many of them are one of the net's."""

    share: Share
    pixel: float

    @property
    def is_there(self) -> bool:
        """Whether there is a subject at all."""
        return float(self.share.max()) >= SURE


class Network(Protocol):
    """What finds a subject. side: pixels that it looks at, each way. look: (side, side, 3) sRGB 0 to 1 -> (side, side)
    0 to 1, how surely each is of the subject.
    """

    @property
    def side(self) -> int: ...

    def look(self, seen: Image) -> Share: ...


class SmallNetwork:
    """U²-Net-p of an ONNX file."""

    side = SIDE

    def __init__(self, path: Path) -> None:
        self._net = cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))  # Windows: not every path opens

    def look(self, seen: Image) -> Share:
        brightest = max(float(seen.max()), DARKEST)
        self._net.setInput(normalized(seen / np.float32(brightest), MEAN, DEVIATION))
        return np.asarray(self._net.forward(OUTPUT), np.float32)[0, 0]


def normalized(seen: Image, mean: tuple[float, ...], deviation: tuple[float, ...]) -> NDArray[np.float32]:
    """(h, w, 3) -> (1, 3, h, w), as networks take it."""
    values = (seen - np.asarray(mean, np.float32)) / np.asarray(deviation, np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[np.newaxis], np.float32)


def find_subject(picture: Image, network: Network) -> Found:
    """(H, W, 3) sRGB, clipped to 0 to 1; of a subject that is a part of the picture, a second and closer look.

    Nothing is stretched: where there is no subject, nothing reaches 1 (0.1 to 0.2 on a plain surface, 1 on an object).
    """
    share = first_look(picture, network)
    height, width = share.shape
    box = _around(share)
    whole = Found(share, max(height, width) / network.side)
    if box is None or box.area > CLOSER * height * width:
        return whole
    rows, columns = slice(box.y, box.bottom), slice(box.x, box.right)
    closer = first_look(picture[rows, columns], network)
    before, now = share[rows, columns] > HALF, closer > HALF
    if np.count_nonzero(before & now) < SAME * np.count_nonzero(before | now):
        return whole  # from nearer something else is the subject
    near = _with_what_it_lost(closer, share[rows, columns], whole.pixel)
    share = np.zeros_like(share)
    share[rows, columns] = near
    return Found(share, max(box.width, box.height) / network.side)


def _with_what_it_lost(closer: Share, first: Share, pixel: float) -> Share:
    """The closer look, and where it misses a whole part of what the first was sure of, that: from nearer a stem may be
    taken for background. pixel: how many one of the first look's is.
    """
    lost = ((first > SURELY) & (closer < HALF)).astype(np.uint8)
    parts = cv2.morphologyEx(lost, cv2.MORPH_OPEN, _disc(LOST * pixel))
    if not parts.any():
        return closer
    near = cv2.dilate(parts, _disc(LOST * pixel)) > 0
    return np.where(near, np.maximum(closer, first), closer)


def _disc(radius: float) -> NDArray[np.uint8]:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def first_look(picture: Image, network: Network) -> Share:
    """(H, W) 0 to 1: what the network says of the whole picture (H, W, 3)."""
    small = cv2.resize(picture, (network.side, network.side), interpolation=cv2.INTER_AREA)
    found = network.look(np.clip(np.asarray(small, np.float32), 0.0, 1.0))
    return np.clip(_resized(found, picture.shape[1], picture.shape[0]), 0.0, 1.0)


def _around(share: Share) -> Bounds | None:
    x, y, width, height = cv2.boundingRect((share > HINT).astype(np.uint8))
    if width < LEAST or height < LEAST:
        return None
    across, down = round(width * BESIDE), round(height * BESIDE)
    picture = Bounds(0, 0, share.shape[1], share.shape[0])
    return Bounds(x - across, y - down, width + 2 * across, height + 2 * down).intersect(picture)


def soften(share: Share, width: int) -> Share:
    """A share (H, W) 0 to 1 with its edges blurred, with a standard deviation of half of `width` (pixels, above 0).

    A wide blur is made of a smaller picture, within 0.03 of what it would be: at its own size it takes seconds.
    """
    smaller = max(1, width // SOFTENED_PIXELS)
    if smaller == 1:
        return np.asarray(cv2.GaussianBlur(share, (0, 0), width / 2), np.float32)
    size = max(1, round(share.shape[1] / smaller)), max(1, round(share.shape[0] / smaller))
    border = cv2.BORDER_REFLECT  # as near as can be to the mirror at the first pixel that the other has
    blurred = cv2.GaussianBlur(_averaged(share, size), (0, 0), width / 2 / smaller, borderType=border)
    return _resized(np.asarray(blurred, np.float32), share.shape[1], share.shape[0])


def _averaged(array: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.float32)


def _resized(array: Share, width: int, height: int) -> Share:
    return np.asarray(cv2.resize(array, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

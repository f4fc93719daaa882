"""The cases: a document, what is selected on it, and what a perfect edit would make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bridge_server.plan.bounds import Bounds

from .selections import KINDS, SOFT, Mask, select
from .spaces import SPACES, Space, decode, encode

DTYPES = {"U8": np.dtype(np.uint8), "U16": np.dtype(np.uint16), "F32": np.dtype(np.float32)}
DOCUMENTS = (
    *(("U8", "sRGB"),) * 4,
    ("U8", "Adobe RGB"),
    ("U8", "Display P3"),
    ("U16", "sRGB"),
    ("U16", "Adobe RGB"),
    ("U16", "Display P3"),
    ("U16", "ProPhoto"),
    ("F32", "sRGB"),
    ("F32", "linear"),
    ("F32", "ProPhoto"),
)
EXTENTS = (("small", 0.12, 0.4), ("native", 0.5, 0.9), ("large", 1.0, 1.6))  # shares of the model's native resolution
OLD = {"kept": None, "loose": 6, "tight": 0}  # pixels between what is to be replaced and the edge of the selection


@dataclass(frozen=True)
class Case:
    """A document and its truth, (H, W, 3) in the document's dtype and space; the selection (H, W) uint8.

    The truth is a photograph. The document is the same photograph, in two of three cases with a foreign object that
    the edit is to replace by what the truth has there: selected loosely, or exactly. (Under a soft selection there is
    none, since what it leaves half visible would be no clear truth.)
    """

    name: str
    document: NDArray[Any]
    truth: NDArray[Any]
    selection: Mask
    space: Space
    kind: str

    @property
    def bounds(self) -> Bounds:
        return Bounds(0, 0, self.document.shape[1], self.document.shape[0])

    @property
    def true_color(self) -> NDArray[np.float64]:
        """The truth as sRGB-encoded numbers."""
        return decode(self.truth, self.space)


def make_cases(count: int, seed: int, photos: dict[str, NDArray[np.float32]], native: int) -> list[Case]:
    """The same cases for the same arguments; the first ones of a longer list are those of a shorter one."""
    return [_case(index, np.random.default_rng([seed, index]), photos, native) for index in range(count)]


def _case(index: int, random: np.random.Generator, photos: dict[str, NDArray[np.float32]], native: int) -> Case:
    kinds, names = list(KINDS), list(photos)
    kind = kinds[index % len(kinds)]
    depth, profile = DOCUMENTS[index % len(DOCUMENTS)]
    dtype, space = DTYPES[depth], SPACES[profile]
    size, least, most = EXTENTS[int(random.integers(3))]
    photo = names[int(random.integers(len(names)))]
    truth = _crop(photos[photo], random, native, size)
    if depth != "U8":
        truth = _finer(truth, random)
    extent = int(native * random.uniform(least, most))
    selection = select(kind, *truth.shape[:2], extent, random)
    old = "kept" if kind in SOFT else list(OLD)[index % len(OLD)]
    slack = OLD[old]
    document = truth
    if slack is not None:
        document = _with_object(truth, selection, photos[names[int(random.integers(len(names)))]], slack)
    return Case(
        f"{index:03} {kind} {old} {size} {photo} {depth} {space.name}",
        encode(document, space, dtype),
        encode(truth, space, dtype),
        selection,
        space,
        kind,
    )


def _crop(photo: NDArray[np.float32], random: np.random.Generator, native: int, size: str) -> NDArray[np.float32]:
    """A part of the photograph, up to 1.75 native resolutions; a whole selection decides the size of it."""
    least, most = (0.6, 1.4) if size != "large" else (1.2, 1.75)
    height, width = (min(int(native * random.uniform(least, most)), side) for side in photo.shape[:2])
    y = int(random.integers(photo.shape[0] - height + 1))
    x = int(random.integers(photo.shape[1] - width + 1))
    return photo[y : y + height, x : x + width]


def _finer(photo: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """What 8 bit rounded away is made up again, as noise of half a step: a deeper camera would have had such values."""
    noise = random.uniform(-0.5 / 255, 0.5 / 255, photo.shape)
    return np.clip(photo + noise, 0, 1).astype(np.float32)


def _with_object(
    truth: NDArray[np.float32], selection: Mask, other: NDArray[np.float32], slack: int
) -> NDArray[np.float32]:
    """Part of another photograph, as what is to be replaced: `slack` pixels smaller than the selection."""
    height, width = truth.shape[:2]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * slack + 1, 2 * slack + 1))
    inside = cv2.erode(selection, disc, borderType=cv2.BORDER_REPLICATE)[:, :, None] / np.float32(255)
    scaled = cv2.resize(other, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(truth * (1 - inside) + scaled * inside, np.float32)

"""A case's pixels, mask and profile, made of seeded noise, ramps and the demonstration's photograph.

Nothing here depends on the code that is compared, but for the bytes of colour profiles. Pictures are made with 16 bits;
what has fewer is cut off.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.edit.profiles import icc_of, table_profile

from .case import Case, Shape

PHOTO = Path(__file__).resolve().parents[2] / "tools" / "demo" / "coffee.png"
FULL = 65535
Codes = NDArray[np.int64]


def image_of(case: Case) -> NDArray[Any]:
    """The document's pixels: (height, width, 1 to 4) uint8, uint16 or float32; float reaches beyond 0 to 1."""
    color = PICTURES[case.picture](case)
    if case.channels in ("gray", "graya"):
        color = color[:, :, 1:2]
    if case.channels in ("graya", "rgba"):
        color = np.concatenate([color, _alpha(case)], axis=2)
    if case.dtype == "f32":
        values = color.astype(np.float32) / np.float32(FULL)
        opaque = slice(0, -1) if case.channels in ("graya", "rgba") else slice(None)
        values[:, :, opaque] = values[:, :, opaque] * np.float32(1.25) - np.float32(0.0625)
        return values
    return color.astype(np.uint16) if case.dtype == "u16" else (color >> 8).astype(np.uint8)


def mask_of(case: Case) -> NDArray[np.uint8] | None:
    """The document's selection, (height, width); None where nothing is selected."""
    if not case.mask:
        return None
    width, height = case.size
    mask = np.zeros((height, width), np.int64)
    for shape in case.mask:
        mask = 255 - mask if shape[0] == "invert" else np.maximum(mask, _drawn(shape, width, height))
    return mask.astype(np.uint8)


def profile_of(case: Case) -> bytes | None:
    """The bytes of the profile that goes along with the picture; None where it has a name or nothing."""
    named = case.profile or ""
    return PROFILES[named.removeprefix("icc:")]() if named.startswith("icc:") else None


def _grid(case: Case) -> tuple[Codes, Codes]:
    y, x = np.mgrid[0 : case.size[1], 0 : case.size[0]]
    return x.astype(np.int64), y.astype(np.int64)


@lru_cache(maxsize=1)
def _photograph() -> Codes:
    return np.asarray(Image.open(PHOTO).convert("RGB"), np.int64)


def _photo(case: Case) -> Codes:
    """The photograph from `at` on, mirrored beyond its ends, with noise in the bits that 8 do not have."""
    x, y = _grid(case)
    photo = _photograph()
    rows, columns = (_mirrored(i, n) for i, n in ((y + case.at[1], photo.shape[0]), (x + case.at[0], photo.shape[1])))
    return photo[rows, columns] * 256 + np.random.default_rng(1).integers(0, 256, (*x.shape, 3))


def _mirrored(index: Codes, length: int) -> Codes:
    folded = index % (2 * length)
    return np.minimum(folded, 2 * length - 1 - folded)


def _noise(case: Case) -> Codes:
    """Blots of eight pixels and grain."""
    x, y = _grid(case)
    random = np.random.default_rng(2)
    blots = random.integers(0, 48000, (case.size[1] // 8 + 1, case.size[0] // 8 + 1, 3))
    return blots[y // 8, x // 8] + random.integers(0, 16000, (*x.shape, 3))


def _ramp(case: Case) -> Codes:
    """Colours that run across, down and along the diagonal."""
    x, y = _grid(case)
    width, height = case.size
    return np.stack([x * FULL // width, y * FULL // height, (x + y) * FULL // (width + height)], axis=2)


def _flat(case: Case) -> Codes:
    """One colour."""
    return np.broadcast_to(np.array([52000, 30000, 9000]), (case.size[1], case.size[0], 3))


def _stripes(case: Case) -> Codes:
    """Slanting stripes of two colours, seven pixels wide."""
    x, y = _grid(case)
    odd = ((2 * x + y) // 14 % 2)[:, :, None]
    return odd * np.array([60000, 52000, 40000]) + (1 - odd) * np.array([8000, 20000, 30000])


PICTURES = {"photo": _photo, "noise": _noise, "ramp": _ramp, "flat": _flat, "stripes": _stripes}


def _alpha(case: Case) -> Codes:
    """Opaque on the left, less and less in the middle third, clear on the right."""
    x, _ = _grid(case)
    third = case.size[0] // 3
    return np.clip((2 * third - x) * FULL // max(1, third), 0, FULL)[:, :, None]


def _drawn(shape: Shape, width: int, height: int) -> Codes:
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    kind, values = shape
    if kind == "rect":
        left, top, wide, high = values["box"]
        inside = (x >= left) & (x < left + wide) & (y >= top) & (y < top + high)
        return np.where(inside, values["value"], 0)
    if kind == "ellipse":
        left, top, wide, high = values["box"]
        across = (2 * x + 1 - 2 * left - wide) / wide
        down = (2 * y + 1 - 2 * top - high) / high
        return _edge((np.sqrt(across * across + down * down) - 1) * min(wide, high) / 2, values["soft"])
    x0, y0, x1, y1 = values["ends"]
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / max(1, (x1 - x0) ** 2 + (y1 - y0) ** 2)
    along = np.clip(along, 0, 1)
    distance = np.sqrt((x - x0 - along * (x1 - x0)) ** 2 + (y - y0 - along * (y1 - y0)) ** 2)
    return _edge(distance - values["width"] / 2, 0)


def _edge(outside: NDArray[np.float64], soft: int) -> Codes:
    """255 inside, 0 outside, over `soft` pixels of signed distance between them."""
    if not soft:
        return np.where(outside <= 0, 255, 0)
    return np.clip(np.rint((0.5 - outside / soft) * 255), 0, 255).astype(np.int64)


def _cmyk() -> bytes:
    """The header of a printer's profile, which is all that is read of one."""
    return bytes(12) + b"prtrCMYKLab " + bytes(12) + b"acsp" + bytes(200)


PROFILES = {
    "matrix": lambda: icc_of("Adobe RGB (1998)"),
    "linear": lambda: icc_of("Linear Rec2020"),
    "tables": table_profile,
    "gray": lambda: icc_of("Gray Gamma 2.2"),
    "cmyk": _cmyk,
}

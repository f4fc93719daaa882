"""A picture as its file has it: values in the file's own depth, what they mean, and what the user is to be told."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import BridgeError, ErrorCode
from ...plan.bounds import Bounds
from .resolution import Resolution

Pixels = NDArray[Any]  # (H, W, 1 to 4) uint8, uint16 or float32
MAX_PIXELS = 2**30  # the user's own files: a canvas of 32768 x 32768
FULL = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}
# what the libraries raise for files that are cut off or full of nonsense
DAMAGE = (ValueError, LookupError, RuntimeError, ArithmeticError, TypeError, EOFError, SyntaxError, struct.error)


@dataclass(frozen=True)
class Picture:
    """A picture file.

    pixels: (H, W, 1 to 4) uint8, uint16 or float32; gray or RGB, the last of 2 or 4 channels is alpha.
    kind: "png", "tiff", "exr", or "other" for what is read only. profile: the ICC profile of the values; None: sRGB.
    half: the file has 16-bit floats. premultiplied: the colours are multiplied by alpha, as the file has them.
    chromaticities: of an EXR that tells them: x and y of red, green, blue and white. resolution: None: not told.
    notes: for the user.
    """

    pixels: Pixels
    kind: str = "other"
    profile: bytes | None = None
    half: bool = False
    premultiplied: bool = False
    chromaticities: tuple[float, ...] | None = None
    resolution: Resolution | None = None
    notes: tuple[str, ...] = ()

    @property
    def bounds(self) -> Bounds:
        return Bounds(0, 0, self.pixels.shape[1], self.pixels.shape[0])

    @property
    def has_alpha(self) -> bool:
        return has_alpha(self.pixels)


def has_alpha(pixels: Pixels) -> bool:
    return pixels.shape[2] in (2, 4)


def full_of(pixels: Pixels) -> float:
    """The value that stands for 1.0."""
    return FULL[pixels.dtype]


def channels_last(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """The picture as it is meant to be seen; orientation: 1 to 8 as Exif 2.3 and TIFF 6.0 count, others mean 1."""
    swapped = pixels.swapaxes(0, 1)
    turned = {
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: swapped,
        6: swapped[:, ::-1],
        7: swapped[::-1, ::-1],
        8: swapped[::-1],
    }
    return np.ascontiguousarray(turned.get(orientation, pixels))


def straight(pixels: Pixels) -> Pixels:
    """(H, W, 2 or 4) with colours multiplied by alpha -> divided by it; where alpha is 0 the colours stay as they are.

    Whole numbers are rounded, and limited to what the depth holds.
    """
    full = full_of(pixels)
    alpha = pixels[:, :, -1:].astype(np.float64)
    color = pixels[:, :, :-1].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        color = np.divide(color * full, alpha, out=color, where=alpha > 0)
        return np.concatenate([_to_depth(color, pixels.dtype), pixels[:, :, -1:]], axis=2)


def premultiplied(pixels: Pixels) -> Pixels:
    """(H, W, 2 or 4) with straight alpha -> colours multiplied by alpha."""
    color = pixels[:, :, :-1].astype(np.float64) * pixels[:, :, -1:] / full_of(pixels)
    return np.concatenate([_to_depth(color, pixels.dtype), pixels[:, :, -1:]], axis=2)


def to_half(pixels: Pixels) -> NDArray[np.float16]:
    """float32 -> float16; finite values beyond its range become its largest."""
    limit = np.float32(np.finfo(np.float16).max)
    fitted = np.where(np.isfinite(pixels), np.clip(pixels, -limit, limit), pixels)
    return fitted.astype(np.float16)


def _to_depth(values: NDArray[np.float64], dtype: np.dtype[Any]) -> Pixels:
    return values.astype(dtype) if dtype == np.float32 else np.rint(values.clip(0, FULL[dtype])).astype(dtype)


def check_size(path: Path, width: int, height: int) -> None:
    """Raises BridgeError (too_many_pixels, invalid_request) before anything is decoded."""
    if width < 1 or height < 1:
        raise damaged(path, f"it says that it is {width}x{height} pixels")
    if width * height > MAX_PIXELS:
        raise BridgeError(
            ErrorCode.TOO_MANY_PIXELS,
            f"{path} is too large to be opened whole: {width}x{height} pixels. "
            f"At most {MAX_PIXELS >> 20} megapixels can be read; scale it down or crop it in an editor.",
        )


def left_out(path: Path, channels: int) -> str:
    """The note for `channels` of a file that are neither colours nor transparency."""
    which = "one more channel" if channels == 1 else f"{channels} more channels"
    what = "it is" if channels == 1 else "they are"
    return f"{path} has {which} than colours and transparency; {what} not used."


def damaged(path: Path, reason: Exception | str) -> BridgeError:
    is_internal = isinstance(reason, LookupError | struct.error | TypeError | UnicodeError | ArithmeticError)
    said = "its parts do not fit together" if is_internal or not str(reason) else str(reason)
    return BridgeError(ErrorCode.INVALID_REQUEST, f"{path} is damaged or incomplete: {said}.")


def unsupported(path: Path, what: str, remedy: str) -> BridgeError:
    """what: completes "FILE is/has …"; remedy: a whole sentence."""
    return BridgeError(ErrorCode.UNSUPPORTED, f"{path} {what}. {remedy}")

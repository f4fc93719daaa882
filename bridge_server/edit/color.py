"""From the document's pixels to the model's float sRGB, and back. No value passes through 8 bits on the way.

Supported now: sRGB in 8 and 16 bit (both return exactly what they got) and in float, where what lies outside 0 to 1 is
clipped for the model. The two functions are the only place that knows depths and profiles.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BridgeError, ErrorCode
from .source import Image, Pixels

FULL = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}
SRGB_NAMES = ("srgb", "srgb iec61966-2.1", "srgb built-in", "gimp built-in srgb")
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear sRGB primaries: IEC 61966-2-1


def to_working(image: Pixels, profile: bytes | str | None) -> tuple[Image, NDArray[np.float32] | None]:
    """(H, W, 1 to 4) -> (H, W, 3) float32 sRGB 0 to 1, and alpha (H, W) float32 0 to 1, or None where there is none.

    Gray becomes three equal channels. Values that are not numbers become 0. Raises BridgeError (unsupported).
    """
    full = check_supported(image, profile)
    channels = image.shape[2]
    color = image[:, :, : channels - 1] if has_alpha(image) else image
    rgb: NDArray[Any]
    if channels == 4:
        rgb = cv2.cvtColor(image, cv2.COLOR_RGBA2RGB)
    elif channels < 3:
        rgb = cv2.cvtColor(np.ascontiguousarray(color), cv2.COLOR_GRAY2RGB)
    else:
        rgb = color
    alpha = np.multiply(image[:, :, -1], np.float32(1 / full), dtype=np.float32) if has_alpha(image) else None
    return _to_unit(rgb, full), alpha


def from_working(rgb: Image, dtype: np.dtype[Any], gray: bool, profile: bytes | str | None) -> Pixels:
    """(H, W, 3) float32 sRGB 0 to 1 -> (H, W, 3), or (H, W, 1) for `gray`, of the document's dtype and profile.

    Gray is the luminance, encoded like sRGB, as colour management converts to a gray profile with sRGB's curve.
    """
    _check_profile(profile)
    color = _luminance(rgb) if gray else rgb
    if dtype == np.uint8:
        return cv2.convertScaleAbs(color, alpha=255.0).reshape(color.shape)
    if dtype == np.float32:
        return color
    return np.rint(color * np.float32(FULL[dtype])).astype(dtype)


def check_supported(image: Pixels, profile: bytes | str | None) -> float:
    """The value that stands for 1.0 in this image. Raises BridgeError (unsupported) with what the painter can do."""
    full = FULL.get(image.dtype)
    if full is None:
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"Pictures of the kind {image.dtype} cannot be read. Convert the image to 8, 16 or 32 bit precision.",
        )
    if not 1 <= image.shape[2] <= 4:
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"Pictures with {image.shape[2]} channels cannot be read. Convert the image to RGB or grayscale.",
        )
    _check_profile(profile)
    return full


def has_alpha(image: Pixels) -> bool:
    return image.shape[2] in (2, 4)


def is_gray(image: Pixels) -> bool:
    return image.shape[2] <= 2


def _check_profile(profile: bytes | str | None) -> None:
    if profile is None or (isinstance(profile, str) and profile.lower() in SRGB_NAMES):
        return
    name = f"“{profile}”" if isinstance(profile, str) else "of this image"
    raise BridgeError(
        ErrorCode.UNSUPPORTED,
        f"The colour profile {name} is not supported yet. Convert the image to sRGB, or work on a copy in sRGB.",
    )


def _to_unit(rgb: NDArray[Any], full: float) -> Image:
    if rgb.dtype != np.float32:
        return np.multiply(rgb, np.float32(1 / full), dtype=np.float32)
    return np.clip(np.nan_to_num(rgb, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)


def _luminance(rgb: Image) -> Image:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, cv2.pow((rgb + 0.055) / 1.055, 2.4))
    y = linear @ np.asarray(LUMINANCE, np.float32)
    encoded = np.where(y <= 0.0031308, y * 12.92, 1.055 * cv2.pow(y, 1 / 2.4) - 0.055)
    return np.clip(encoded, 0.0, 1.0, dtype=np.float32)[:, :, np.newaxis]

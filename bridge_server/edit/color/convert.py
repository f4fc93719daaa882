"""From the document's pixels to the model's float sRGB, and back. No value passes through 8 bits on the way.

The only place that knows depths and profiles: 8 and 16 bit and float; profiles by name or as ICC, gray and RGB
(models.py). docs/edit-core.md has the numbers.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import BridgeError, ErrorCode
from ..source import Image, Pixels
from .curves import Floats, light_to_srgb, srgb_to_light, to_light, to_values
from .dither import quantise
from .models import EngineModel, GrayModel, MatrixModel, Model, SrgbModel, model_for, through_engine
from .profiles import icc_of

FULL = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear sRGB primaries: IEC 61966-2-1
WIDE = "ProPhoto RGB"  # between the engine and sRGB, for profiles that only the engine reads: it holds their colours
LARGEST = 65504.0  # the largest half float: infinities and what is near them become this


def to_working(image: Pixels, profile: bytes | str | None) -> tuple[Image, NDArray[np.float32] | None]:
    """(H, W, 1 to 4) -> (H, W, 3) float32 sRGB, and alpha (H, W) float32 0 to 1, or None where there is none.

    sRGB-encoded and unbounded: colours outside sRGB and light above white have channels below 0 or above 1, where the
    curve is mirrored, f(-x) = -f(x). Gray becomes three equal channels. Values that are not numbers become 0,
    infinite ones ±65504. Raises BridgeError (unsupported).
    """
    full = check_supported(image)
    model = model_for(profile, is_gray(image))
    channels = image.shape[2]
    alpha = None
    if has_alpha(image):
        alpha = np.multiply(image[:, :, -1], np.float32(1 / full), dtype=np.float32)
        if image.dtype == np.float32:
            alpha = np.clip(_finite(alpha), 0.0, 1.0)
    color = cv2.cvtColor(image, cv2.COLOR_RGBA2RGB) if channels == 4 else image
    values: NDArray[Any] = np.ascontiguousarray(image[:, :, 0]) if channels < 3 else color
    if image.dtype == np.float32:
        values = _finite(values)
    encoded = _encoded(values, model, full)
    rgb = np.asarray(cv2.cvtColor(encoded, cv2.COLOR_GRAY2RGB), np.float32) if channels < 3 else encoded
    return rgb, alpha


def from_working(
    rgb: Image,
    dtype: np.dtype[Any],
    gray: bool,
    profile: bytes | str | None,
    dither: tuple[int, int] | None = None,
) -> Pixels:
    """(H, W, 3) float32 sRGB, unbounded -> (H, W, 3), or (H, W, 1) for `gray`, of the document's dtype and profile.

    Gray is the luminance. Integers are clipped at both ends, and dithered where `dither` gives the document coordinates
    (x, y) of the first pixel, else rounded; float is unbounded. Raises BridgeError (unsupported).
    """
    return stored(to_document(rgb, gray, profile), dtype, dither)


def to_document(rgb: Image, gray: bool, profile: bytes | str | None) -> Floats:
    """(H, W, 3) float32 sRGB, unbounded -> (H, W, 3), or (H, W, 1) for `gray`, float32 of the document's profile, 1 for
    its full value, unbounded. Raises BridgeError (unsupported).
    """
    return _values(rgb, model_for(profile, gray))


def stored(values: Floats, dtype: np.dtype[Any], dither: tuple[int, int] | None = None) -> Pixels:
    """What `to_document` gives in the document's depth; dither: as in `from_working`."""
    if dtype == np.float32:
        return _finite(values)
    return quantise(values, int(FULL[dtype]), dtype, dither)


def own_values(image: Pixels) -> Floats:
    """The colours of a document's pixels (H, W, 1 to 4) as `to_document` has them: (H, W, 3), or (H, W, 1) for gray."""
    full = check_supported(image)
    values = np.ascontiguousarray(image[:, :, : image.shape[2] - has_alpha(image)])
    return _finite(values) if image.dtype == np.float32 else _unit(values, full)


def check_source(image: Pixels | None, profile: bytes | str | None) -> None:
    """Raises BridgeError (unsupported) where the depth or the profile, or the two together, cannot be worked with."""
    if image is not None:
        check_supported(image)
    model_for(profile, None if image is None else is_gray(image))


def check_supported(image: Pixels) -> float:
    """The value that stands for 1.0 in this image. Raises BridgeError (unsupported) with what the user can do."""
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
    return full


def has_alpha(image: Pixels) -> bool:
    return image.shape[2] in (2, 4)


def is_gray(image: Pixels) -> bool:
    return image.shape[2] <= 2


def is_gray_profile(profile: bytes | str | None) -> bool:
    """Whether a document with this profile is gray, where no pixels say so. Raises BridgeError (unsupported)."""
    return isinstance(model_for(profile, None), GrayModel)


def exceeds_srgb(image: Pixels, profile: bytes | str | None) -> bool:
    """Whether pixels of this depth and profile can be outside 0 to 1 in sRGB. Raises BridgeError (unsupported)."""
    if image.dtype == np.float32:
        return True
    model = model_for(profile, is_gray(image))
    return isinstance(model, EngineModel) or (isinstance(model, MatrixModel) and model.to_srgb is not None)


def _finite(values: Floats) -> Floats:
    bounded = np.clip(values, -LARGEST, LARGEST)
    cv2.patchNaNs(bounded, 0.0)
    return bounded


def _encoded(values: NDArray[Any], model: Model, full: float) -> Floats:
    """The document's values, (H, W) for gray or (H, W, 3), to encoded sRGB."""
    match model:
        case SrgbModel():
            return _unit(values, full)
        case GrayModel(curve):
            if curve.kind == "srgb":
                return _unit(values, full)
            if values.dtype == np.float32:
                return light_to_srgb(to_light(curve, values))
            table = light_to_srgb(curve.light)
            return np.take(table if values.dtype == np.uint16 else table[::257], values, mode="clip")
        case MatrixModel(curves, to_srgb):
            if curves[0] is curves[1] is curves[2]:
                light = to_light(curves[0], values)
            else:
                light = _merged([to_light(curves[i], np.ascontiguousarray(values[:, :, i])) for i in range(3)])
            return light_to_srgb(light if to_srgb is None else _mixed(light, to_srgb))
        case EngineModel(icc, _):
            wide = through_engine(_codes(values), icc, icc_of(WIDE))
            return _encoded(wide, model_for(WIDE, False), FULL[wide.dtype])


def _values(rgb: Image, model: Model) -> Floats:
    """Encoded sRGB to the document's values, (H, W, 1) for gray or (H, W, 3)."""
    match model:
        case SrgbModel():
            return rgb
        case GrayModel(curve):
            return to_values(curve, _luminance(rgb))
        case MatrixModel(curves, to_srgb):
            light = srgb_to_light(rgb)
            if to_srgb is not None:
                light = _mixed(light, np.linalg.inv(to_srgb).astype(np.float64))
            if curves[0] is curves[1] is curves[2]:
                return to_values(curves[0], light)
            return _merged([to_values(curves[i], np.ascontiguousarray(light[:, :, i])) for i in range(3)])
        case EngineModel(_, back):
            wide = _codes(_values(rgb, model_for(WIDE, False)))
            return _unit(through_engine(wide, icc_of(WIDE), back), FULL[wide.dtype])


def _codes(values: NDArray[Any]) -> NDArray[np.uint16]:
    """The same values in 16 bit, where the engine is three to five times as fast as in float."""
    if values.dtype == np.uint8:
        return np.multiply(values, np.uint16(257), dtype=np.uint16)
    return values if values.dtype == np.uint16 else quantise(values, 65535, np.dtype(np.uint16), None)


def _merged(channels: list[Floats]) -> Floats:
    return np.asarray(cv2.merge(channels), np.float32)


def _unit(values: NDArray[Any], full: float) -> Floats:
    return values if values.dtype == np.float32 else np.multiply(values, np.float32(1 / full), dtype=np.float32)


def _mixed(light: Floats, matrix: NDArray[np.float64]) -> Floats:
    """(H, W, 3) by an N x 3 matrix, as differences to green: where rows add up to 1, neutral stays exactly neutral."""
    differences = light.copy()
    differences[:, :, 0] -= light[:, :, 1]
    differences[:, :, 2] -= light[:, :, 1]
    sums = matrix.sum(axis=1)
    sums[np.abs(sums - 1) < 1e-9] = 1.0
    by_difference = np.column_stack([matrix[:, 0], sums, matrix[:, 2]]).astype(np.float32)
    result = np.asarray(cv2.transform(differences, by_difference), np.float32)
    return result.reshape(*light.shape[:2], len(matrix))


def _luminance(rgb: Image) -> Floats:
    """(H, W, 1) of linear light; exactly the channels' where they are equal."""
    return _mixed(srgb_to_light(rgb), np.array([LUMINANCE]))

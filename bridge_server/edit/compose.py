"""From the model's picture to a layer: scaled back, in the document's depth and colours, with its mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BridgeError, ErrorCode
from ..plan.bounds import Bounds
from ..plan.plan import Plan
from .color import FULL, exceeds_srgb, from_working, has_alpha, is_gray, is_gray_profile
from .prepare import Working
from .resample import resize
from .residual import add_residual, followed
from .source import Image, Mask, Pixels, Source, window

STRIP = 256  # rows of a layer that are finished at a time, so that large layers need no large float copies


@dataclass(frozen=True)
class Layer:
    """A finished layer and its layer mask, both covering `bounds` in document pixels.

    image: (H, W, 4), or (H, W, 2) for a gray source or profile, in the source's dtype and colour space; straight alpha.
    mask: (H, W) uint8. Where it is 0 the image holds the original pixels, transparent where there were none.
    """

    image: Pixels
    mask: Mask
    bounds: Bounds


def compose(generated: Image, source: Source, plan: Plan, working: Working, strip: int = STRIP) -> Layer:
    """Bring the model's picture back to document pixels, depth and colour space, as a layer with its mask.

    generated: (h, w, 3) float32 sRGB 0 to 1 of the working size. The layer is opaque where it is shown, so that it can
    paint on transparent ground, but for img2img, which keeps the source's alpha. Raises BridgeError (bad_output) where
    the model returned another size or values that are not numbers.

    strip: rows that are finished at a time; the result does not depend on it.
    """
    _check_output(generated, plan)
    picture = np.clip(generated, 0.0, 1.0, dtype=np.float32)
    patch = window(resize(picture, plan.context.width, plan.context.height), plan.context, plan.target)
    kept = _kept(picture, source, plan, working)
    target = plan.target
    image = np.empty((target.height, target.width, _channels(source)), _dtype(source))
    for y in range(target.y, target.bottom, strip):
        part = Bounds(target.x, y, target.width, min(strip, target.bottom - y))
        rows = slice(y - target.y, part.bottom - target.y)
        weight = None if kept is None else kept[rows]
        image[rows] = _finish(patch[rows], weight, part, source, plan, working.composite[rows])
    return Layer(image, working.composite, target)


def _finish(
    patch: Image, kept: NDArray[np.float32] | None, part: Bounds, source: Source, plan: Plan, composite: Mask
) -> Pixels:
    """The layer's pixels in the box `part`: patch (H, W, 3) sRGB, in the document's depth and colours, with alpha.

    kept: (H, W) 0 to 1, where the patch gets the residual of the original; None: nowhere.
    """
    dtype, gray = _dtype(source), _is_gray(source)
    position = (part.x, part.y) if plan.does("dither") else None
    if source.image is None:
        return _with_alpha(from_working(patch, dtype, gray, source.profile, position), FULL[dtype])
    original = _original(source.image, source.bounds, part)
    if kept is not None:
        patch = add_residual(patch, original, source.profile, kept)
    image = _with_alpha(from_working(patch, dtype, gray, source.profile, position), FULL[dtype])
    if plan.kind == "img2img":
        image[:, :, -1] = original[:, :, -1]
    return cv2.copyTo(original, (composite == 0).view(np.uint8), image)


def _dtype(source: Source) -> np.dtype[Any]:
    return np.dtype(np.uint8) if source.image is None else source.image.dtype


def _is_gray(source: Source) -> bool:
    return is_gray_profile(source.profile) if source.image is None else is_gray(source.image)


def _channels(source: Source) -> int:
    return 2 if _is_gray(source) else 4


def _kept(picture: Image, source: Source, plan: Plan, working: Working) -> NDArray[np.float32] | None:
    """(H, W) covering plan.target: where the picture still shows the old one, so that its residual belongs to it.

    None where there is no residual.
    """
    if not plan.does("residual") or source.image is None or not exceeds_srgb(source.image, source.profile):
        return None
    weight = followed(picture, working.image, working.mask if plan.strength >= 1 else None)
    return window(resize(weight, plan.context.width, plan.context.height), plan.context, plan.target)


def _original(image: Pixels, bounds: Bounds, target: Bounds) -> Pixels:
    """The source's own pixels covering `target`, with alpha; transparent where it has none."""
    if not has_alpha(image):
        common = bounds.intersect(target)
        image, bounds = _with_alpha(window(image, bounds, common), FULL[image.dtype]), common
    return window(image, bounds, target)


def _with_alpha(color: Pixels, full: float) -> Pixels:
    """(H, W, 1 or 3) -> (H, W, 2 or 4), opaque."""
    image = np.full((*color.shape[:2], color.shape[2] + 1), full, color.dtype)
    image[:, :, :-1] = color
    return image


def _check_output(generated: Image, plan: Plan) -> None:
    expected = (plan.working_height, plan.working_width, 3)
    if generated.shape != expected:
        raise BridgeError(
            ErrorCode.BAD_OUTPUT,
            "The model returned a picture of another size than it was asked for. Try another model.",
            f"shape {generated.shape}, expected {expected}",
        )
    if not np.isfinite(generated).all():
        raise BridgeError(
            ErrorCode.BAD_OUTPUT,
            "The model returned values that are not numbers. Try another seed, sampler or model.",
        )

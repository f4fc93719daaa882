"""From the model's picture to a layer: scaled back, in the document's depth and colours, with its mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ...errors import BridgeError, ErrorCode
from ...plan.bounds import Bounds
from ...plan.plan import Plan
from ..color import FULL, exceeds_srgb, from_working, has_alpha, is_gray, is_gray_profile, to_working
from ..prepare import Working
from ..resample import resize
from ..source import Image, Mask, Pixels, Source, window
from .compare import compare
from .match import match_colors
from .residual import Weights, add_detail, add_light, followed, is_soft, near_target, repeated, take_out
from .seam import lost_sharpness, own_detail, sharpen, take_own

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


def compose(
    generated: Image, source: Source, plan: Plan, working: Working, strip: int = STRIP, *, overwrite: bool = False
) -> Layer:
    """Bring the model's picture back to document pixels, depth and colour space, as a layer with its mask.

    generated: (h, w, 3) float32 sRGB 0 to 1 of the working size. The layer is opaque where it is shown, so that it can
    paint on transparent ground, but for img2img and edit, which keep the source's alpha. Raises BridgeError
    (bad_output) where the model returned another size or values that are not numbers.

    strip: rows that are finished at a time; the result does not depend on it. overwrite: `generated` may be changed,
    which saves the memory of a copy.
    """
    _check_output(generated, plan)
    own = overwrite and generated.flags.writeable and generated.flags.c_contiguous and generated.dtype == np.float32
    picture = np.clip(generated, 0.0, 1.0, dtype=np.float32, order="C", out=generated if own else None)
    return _finished(_painted(picture, source, plan, working), source, plan, strip)


def as_layer(patch: Image, composite: Mask, source: Source, plan: Plan) -> Layer:
    """The layer of a picture at the document's own resolution, which needs no matching to it.

    patch: (H, W, 3) float32 encoded sRGB, unbounded. composite: (H, W) uint8, where it is shown. Both: plan.target.
    """
    return _finished(_Painted(patch, composite, None, None, None), source, plan, STRIP)


def _finished(painted: _Painted, source: Source, plan: Plan, strip: int) -> Layer:
    target = plan.target
    image = np.empty((target.height, target.width, _channels(source)), _dtype(source))
    for y in range(target.y, target.bottom, strip):
        part = Bounds(target.x, y, target.width, min(strip, target.bottom - y))
        rows = slice(y - target.y, part.bottom - target.y)
        image[rows] = _finish(painted.rows(rows), part, source, plan)
    return Layer(image, painted.composite, target)


@dataclass(frozen=True)
class _Painted:
    """What was painted, at the document's resolution, covering plan.target or some rows of it.

    patch: (H, W, 3) float32 sRGB. composite: (H, W). light, detail: (H, W) 0 to 1, where the patch gets what sRGB, or
    the working size, cannot hold of the original (residual.py). own: (H, W) 0 to 255, where it gets the original's
    pixels. None = nowhere.
    """

    patch: Image
    composite: Mask
    light: Weights | None
    detail: Weights | None
    own: Mask | None

    def rows(self, rows: slice) -> _Painted:
        light, detail = (None if one is None else one[rows] for one in (self.light, self.detail))
        return _Painted(
            self.patch[rows], self.composite[rows], light, detail, None if self.own is None else self.own[rows]
        )

    @property
    def needs_original(self) -> bool:
        return self.light is not None or self.detail is not None or (self.own is not None and bool(self.own.any()))


def _painted(picture: Image, source: Source, plan: Plan, working: Working) -> _Painted:
    """Match the model's picture (h, w, 3), which is changed, to its surroundings, and scale it back."""
    comparison = compare(picture, working, plan) if plan.does("color_match") or plan.does("seam") else None
    own, gain = None, 1.0
    selected, repainted = working.selected, working.repainted
    if comparison is not None and selected is not None and repainted is not None and plan.does("seam"):
        own = own_detail(comparison, np.minimum(working.composite, repainted), selected, plan)
        gain = lost_sharpness(picture, comparison, working)
    if comparison is not None and plan.does("color_match"):
        match_colors(picture, comparison, plan)
    if comparison is not None:
        sharpen(picture, comparison, gain)
    light, detail = _kept(picture, source, plan, working)
    if detail is not None:
        take_out(picture, working.seen, detail)
    bounds = plan.working_bounds
    patch = window(resize(picture, bounds.width, bounds.height), bounds, plan.target)
    light, detail = (None if one is None else _weights_back(one, plan) for one in (light, detail))
    return _Painted(patch, working.composite, light, detail, own)


def _weights_back(weights: Weights, plan: Plan) -> Weights:
    """(h, w), smooth -> (H, W) covering plan.target."""
    bounds = plan.working_bounds
    scaled = cv2.resize(weights, (bounds.width, bounds.height), interpolation=cv2.INTER_LINEAR)
    return window(np.asarray(scaled, np.float32), bounds, plan.target)


def _finish(painted: _Painted, part: Bounds, source: Source, plan: Plan) -> Pixels:
    """The layer's pixels in the box `part`, in the document's depth and colours, with alpha."""
    dtype, gray, patch = _dtype(source), _is_gray(source), painted.patch
    position = (part.x, part.y) if plan.does("dither") else None
    if source.image is None:
        return _with_alpha(from_working(patch, dtype, gray, source.profile, position), FULL[dtype])
    original = _original(source.image, source.bounds, part)
    if painted.needs_original:
        rgb, alpha = to_working(original, source.profile)
        opacity = np.float32(1.0) if alpha is None else alpha
        if painted.detail is not None:
            patch = add_detail(patch, rgb, painted.detail)
        if painted.light is not None:
            patch = add_light(patch, rgb, painted.light * opacity)
        if painted.own is not None:
            patch = take_own(patch, rgb, painted.own * (opacity * np.float32(1 / 255)))
    image = _with_alpha(from_working(patch, dtype, gray, source.profile, position), FULL[dtype])
    if plan.keeps_alpha:
        image[:, :, -1] = _shown_alpha(original[:, :, -1])
    return cv2.copyTo(original, (painted.composite == 0).view(np.uint8), image)


def _shown_alpha(alpha: Pixels) -> Pixels:
    """The source's alpha (H, W); what is not a number becomes transparent, infinite opaque."""
    return np.nan_to_num(alpha, nan=0.0, posinf=1.0, neginf=0.0) if alpha.dtype == np.float32 else alpha


def _dtype(source: Source) -> np.dtype[Any]:
    return np.dtype(np.uint8) if source.image is None else source.image.dtype


def _is_gray(source: Source) -> bool:
    return is_gray_profile(source.profile) if source.image is None else is_gray(source.image)


def _channels(source: Source) -> int:
    return 2 if _is_gray(source) else 4


def _kept(picture: Image, source: Source, plan: Plan, working: Working) -> tuple[Weights | None, Weights | None]:
    """(h, w) each: where the picture still shows the old one, so that its light and its detail belong to it.

    None where there is nothing to put back.
    """
    if not plan.does("residual") or source.image is None or not plan.needs_image:
        return None, None
    beyond = exceeds_srgb(source.image, source.profile)
    scaled = plan.scale != (1.0, 1.0) and (plan.follows_picture or is_soft(working.selected))
    if not beyond and not scaled:
        return None, None
    near = near_target(plan)
    made, seen = picture[near], working.seen[near]
    light, detail = np.zeros_like(working.mask), None
    light[near] = followed(made, seen, None if plan.follows_picture else working.mask[near], plan.native.cell)
    if scaled:
        detail = np.zeros_like(light)
        detail[near] = light[near] * repeated(made, seen, None if working.known is None else working.known[near])
    return light if beyond else None, detail


def _original(image: Pixels, bounds: Bounds, target: Bounds) -> Pixels:
    """The source's own pixels covering `target`, with alpha; transparent where it has none."""
    if not has_alpha(image):
        common = bounds.intersect(target)
        image, bounds = _with_alpha(window(image, bounds, common), FULL[image.dtype]), common
    return window(image, bounds, target)


def _with_alpha(color: Pixels, full: float) -> Pixels:
    """(H, W, 1 or 3) -> (H, W, 2 or 4), opaque."""
    if not color.size:
        return np.empty((*color.shape[:2], color.shape[2] + 1), color.dtype)
    if color.shape[2] == 3:
        return cv2.cvtColor(color, cv2.COLOR_RGB2RGBA)
    return cv2.merge((color[:, :, 0], np.full(color.shape[:2], full, color.dtype)))


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

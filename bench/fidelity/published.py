"""What others do with a masked edit, written from published descriptions of their algorithms. All work in 8-bit sRGB.

Their lengths in pixels (blur, padding, margin) are their defaults; they work at the model's native resolution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from diffusers.image_processor import VaeImageProcessor
from numpy.typing import NDArray
from PIL import Image as Pil

from bridge_server.plan.native import NativeSize

from .cases import Case
from .methods import Ask, Clock, Image, Method, Model, Outcome
from .spaces import Space, decode, encode

Bytes = NDArray[np.uint8]
PADDING = 32
A1111_BLUR = 4.0  # standard deviation of the mask's blur
IOPAINT_MARGIN = 128
IOPAINT_BLUR = 11  # kernel of 2 x 11 + 1 pixels
DIFFUSERS_BLUR = 4  # VaeImageProcessor.blur's default
STITCH_CONTEXT = 1.2
STITCH_BLEND = 32
EIGHT_BIT = np.dtype(np.uint8)


def naive(case: Case, model: Model, native: NativeSize) -> Outcome:
    """Crop the selection's box and some surroundings, scale to the model's square, scale back, paste where selected."""
    clock = Clock()
    x, y, width, height = cv2.boundingRect(case.selection)
    box = _clip((x - PADDING, y - PADDING, x + width + PADDING, y + height + PADDING), case.selection)
    picture = _paint_square(case, case.selection, box, model, native, clock, Pil.Resampling.BICUBIC)
    shown = case.selection >= 128
    result = np.where(shown[:, :, None], picture, _eight_bit(case.document, case.space))
    return _finish(case, result, shown * 1.0, clock)


def a1111(case: Case, model: Model, native: NativeSize) -> Outcome:
    """AUTOMATIC1111's "only masked": blurred mask, box with padding in the model's aspect, overlay by the same mask."""
    clock = Clock()
    size = 2 * int(2.5 * A1111_BLUR + 0.5) + 1
    mask = cv2.GaussianBlur(case.selection, (size, 1), A1111_BLUR)
    mask = np.asarray(cv2.GaussianBlur(mask, (1, size), 1, sigmaY=A1111_BLUR), np.uint8)
    box = VaeImageProcessor.get_crop_region(Pil.fromarray(mask), native.side, native.side, pad=PADDING)
    picture = _paint_square(case, mask, box, model, native, clock, Pil.Resampling.LANCZOS)
    return _finish(case, _mix(picture, _eight_bit(case.document, case.space), mask), mask / 255.0, clock)


def diffusers_crop(case: Case, model: Model, native: NativeSize) -> Outcome:
    """diffusers' `padding_mask_crop`: VaeImageProcessor's own blur, get_crop_region, preprocess and apply_overlay."""
    clock = Clock()
    side = native.side
    images = VaeImageProcessor(vae_scale_factor=native.multiple)
    masks = VaeImageProcessor(
        vae_scale_factor=native.multiple, do_normalize=False, do_binarize=True, do_convert_grayscale=True
    )
    mask = images.blur(Pil.fromarray(case.selection), DIFFUSERS_BLUR)
    box = masks.get_crop_region(mask, side, side, pad=PADDING)

    def see(pixels: NDArray[Any]) -> Image:
        picture = Pil.fromarray(_eight_bit(pixels, case.space))
        tensor = images.preprocess(picture, side, side, resize_mode="fill", crops_coords=box)
        return np.ascontiguousarray((tensor[0].permute(1, 2, 0).numpy() + 1) / 2, np.float32)

    hard = masks.preprocess(mask, side, side, resize_mode="fill", crops_coords=box)[0, 0].numpy()
    painted = clock.paint(model, Ask(see(case.document), hard, see))
    original = Pil.fromarray(_eight_bit(case.document, case.space))
    result = images.apply_overlay(mask, original, Pil.fromarray(_bytes(painted)), box)
    return _finish(case, np.asarray(result), np.asarray(mask) / 255.0, clock)


def iopaint(case: Case, model: Model, native: NativeSize) -> Outcome:
    """IOPaint's crop strategy: a box with a margin around each part, at its own size, blended by the blurred mask."""
    clock = Clock()
    result = _eight_bit(case.document, case.space)
    hard = np.where(case.selection >= 127, 255, 0).astype(np.uint8)
    shown = np.zeros(hard.shape)
    contours, _ = cv2.findContours(hard, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        x0, y0, x1, y1 = _with_margin(cv2.boundingRect(contour), hard.shape)
        part = (slice(y0, y1), slice(x0, x1))
        see = _see_padded(case, part, native)
        inside = _padded(hard[part], native)[0]
        ask = Ask(see(case.document), inside / np.float32(255), see)
        painted = _bytes(clock.paint(model, ask))
        painted = cv2.resize(painted, _padded(hard[part], native)[1], interpolation=cv2.INTER_CUBIC)
        painted = painted[: y1 - y0, : x1 - x0]
        kernel = 2 * IOPAINT_BLUR + 1
        blurred = np.asarray(cv2.GaussianBlur(hard[part], (kernel, kernel), 0), np.uint8)
        result[part] = _mix(painted, result[part], blurred)
        shown[part] = np.maximum(shown[part], blurred / 255.0)
    return _finish(case, result, shown, clock)


def crop_and_stitch(case: Case, model: Model, native: NativeSize) -> Outcome:
    """ComfyUI's Inpaint Crop and Stitch: context 1.2 times the box, the mask grown and blurred by 32 for the blend."""
    clock = Clock()
    mask = np.where(case.selection < 26, 0, case.selection).astype(np.uint8)  # its high-pass filter of 0.1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (STITCH_BLEND + 1, STITCH_BLEND + 1))
    blend = cv2.GaussianBlur(cv2.dilate(mask, disc), (0, 0), STITCH_BLEND / 4)
    x, y, width, height = cv2.boundingRect(mask)
    dx, dy = (int(length * (STITCH_CONTEXT - 1) / 2) + STITCH_BLEND for length in (width, height))
    around = np.zeros_like(mask)
    x0, y0, x1, y1 = _clip((x - dx, y - dy, x + width + dx, y + height + dy), mask)
    around[y0:y1, x0:x1] = 255
    box = VaeImageProcessor.get_crop_region(Pil.fromarray(around), native.side, native.side)
    picture = _paint_square(case, mask, box, model, native, clock, Pil.Resampling.BICUBIC)
    inside = np.zeros_like(blend)
    x0, y0, x1, y1 = _clip(box, mask)
    inside[y0:y1, x0:x1] = blend[y0:y1, x0:x1]
    return _finish(case, _mix(picture, _eight_bit(case.document, case.space), inside), inside / 255.0, clock)


PUBLISHED: dict[str, Method] = {
    "naive": naive,
    "A1111": a1111,
    "IOPaint": iopaint,
    "diffusers": diffusers_crop,
    "CropAndStitch": crop_and_stitch,
}


def _paint_square(
    case: Case,
    mask: Bytes,
    box: tuple[int, int, int, int],
    model: Model,
    native: NativeSize,
    clock: Clock,
    scaling: Pil.Resampling,
) -> Bytes:
    """(H, W, 3): the document with the box painted at the model's square and scaled back."""
    size = (native.side, native.side)
    x0, y0, x1, y1 = _clip(box, mask)

    def see(pixels: NDArray[Any]) -> Image:
        cropped = Pil.fromarray(_eight_bit(pixels[y0:y1, x0:x1], case.space))
        return np.asarray(cropped.resize(size, scaling), np.float32) / np.float32(255)

    small = np.asarray(Pil.fromarray(mask[y0:y1, x0:x1]).resize(size, scaling), np.float32) / 255
    painted = clock.paint(model, Ask(see(case.document), np.rint(small), see))
    picture = _eight_bit(case.document, case.space)
    picture[y0:y1, x0:x1] = np.asarray(Pil.fromarray(_bytes(painted)).resize((x1 - x0, y1 - y0), scaling))
    return picture


def _clip(box: tuple[int, int, int, int], mask: Bytes) -> tuple[int, int, int, int]:
    height, width = mask.shape
    return max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])


def _with_margin(box: Any, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The box and the margin around it, shifted where it would leave the picture."""
    x, y, width, height = box
    edges: list[int] = []
    for start, length, whole in ((x, width, shape[1]), (y, height, shape[0])):
        wanted = min(length + 2 * IOPAINT_MARGIN, whole)
        first = min(max(start + length // 2 - wanted // 2, 0), whole - wanted)
        edges += [first, first + wanted]
    return edges[0], edges[2], edges[1], edges[3]


def _padded(pixels: Bytes, native: NativeSize) -> tuple[Bytes, tuple[int, int]]:
    """Padded below and right to the model's multiple and enlarged to its side; and the size before enlarging."""
    height, width = pixels.shape[:2]
    multiple = native.multiple
    below, right = -height % multiple, -width % multiple
    edge = cv2.BORDER_REFLECT_101 if min(height, width) > multiple else cv2.BORDER_REPLICATE
    padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, edge)
    size = (width + right, height + below)
    enlarge = native.side / min(size)
    if enlarge > 1:
        target = tuple(-(-int(side * enlarge) // multiple) * multiple for side in size)
        padded = cv2.resize(padded, target, interpolation=cv2.INTER_CUBIC)
    return np.asarray(padded, np.uint8), size


def _see_padded(case: Case, part: tuple[slice, slice], native: NativeSize) -> Callable[[NDArray[Any]], Image]:
    return lambda pixels: _padded(_eight_bit(pixels[part], case.space), native)[0] / np.float32(255)


def _eight_bit(pixels: NDArray[Any], space: Space) -> Bytes:
    """A copy in 8-bit sRGB."""
    if pixels.dtype == np.uint8 and space.name == "sRGB":
        return pixels.copy()
    return np.rint(np.clip(decode(pixels, space), 0, 1) * 255).astype(np.uint8)


def _bytes(picture: Image) -> Bytes:
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _mix(above: Bytes, below: Bytes, mask: Bytes) -> Bytes:
    """8-bit alpha compositing as Pillow does it."""
    return np.asarray(Pil.composite(Pil.fromarray(above), Pil.fromarray(below), Pil.fromarray(mask)))


def _finish(case: Case, result: Bytes, shown: NDArray[np.float64], clock: Clock) -> Outcome:
    """Back to the document's depth and space, as their users would: the whole picture is converted."""
    if case.document.dtype == np.uint8 and case.space.name == "sRGB":
        return Outcome(result, shown, clock.seconds)
    return Outcome(encode(result / 255.0, case.space, case.document.dtype), shown, clock.seconds)

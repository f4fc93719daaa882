"""Pixels on a canvas: crops, and a layer flattened onto its document, in the document's own depth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...plan.bounds import Bounds
from .picture import Pixels, full_of, has_alpha

ROWS = 256  # are flattened at a time, so that a large picture needs little memory beyond its own


def crop(pixels: Pixels, box: Bounds) -> Pixels:
    """The part of a document's pixels that lies in `box` (document pixels, inside the document)."""
    return np.ascontiguousarray(pixels[box.y : box.bottom, box.x : box.right])


def onto_canvas(pixels: Pixels, place: Bounds, canvas: Bounds) -> Pixels:
    """Zeros of the canvas' size with `pixels` at `place`; what reaches outside the canvas is cut."""
    whole = np.zeros((canvas.height, canvas.width, *pixels.shape[2:]), pixels.dtype)
    seen = place.intersect(canvas)
    _window(whole, seen, canvas)[:] = _window(pixels, seen, place)
    return whole


def flatten(
    below: Pixels, layer: Pixels, mask: NDArray[np.uint8], place: Bounds, canvas: Bounds, *, premultiplied: bool = False
) -> Pixels:
    """`layer` with its layer mask (h, w), both at `place`, over `below` (H, W, 1 to 4) on the canvas.

    layer: (h, w, 2 or 4), straight alpha, of below's dtype. premultiplied: below's colours are multiplied by its
    alpha, and the result's are too. Normal mode, as W3C Compositing 1 defines source-over, on the encoded values. Only
    what `place` covers is worked on; where mask or layer are fully transparent the result is `below`, bit for bit.
    """
    seen = place.intersect(canvas)
    whole = below.copy()
    inside, part, shown = _window(whole, seen, canvas), _window(layer, seen, place), _window(mask, seen, place)
    for top in range(0, seen.height, ROWS):
        rows = slice(top, top + ROWS)
        inside[rows] = _over(part[rows], shown[rows], inside[rows], premultiplied)
    return whole


def _over(layer: Pixels, mask: NDArray[np.uint8], below: Pixels, premultiplied: bool) -> Pixels:
    full = full_of(below)
    color, under = layer[:, :, :-1].astype(np.float64), below.astype(np.float64)
    alpha = layer[:, :, -1:].astype(np.float64) * mask[:, :, np.newaxis] / (full * 255)
    if below.dtype == np.float32:  # a float picture may hold infinities; what is painted on them replaces them
        under[:, :, : color.shape[2]] = np.where(
            np.isfinite(under[:, :, : color.shape[2]]), under[:, :, : color.shape[2]], color
        )
    with np.errstate(invalid="ignore", over="ignore"):
        if not has_alpha(below):
            mixed = _mix(color, under, alpha)
        else:
            backdrop = under[:, :, -1:] / full
            total = alpha + backdrop * (1 - alpha)
            if premultiplied:
                mixed_color = color * alpha + under[:, :, :-1] * (1 - alpha)
            else:
                weight = np.divide(alpha, total, out=np.zeros_like(total), where=total > 0)
                mixed_color = _mix(color, under[:, :, :-1], weight)
            mixed = np.concatenate([mixed_color, total * full], axis=2)
        deep = mixed.astype(np.float32) if below.dtype == np.float32 else np.rint(mixed).astype(below.dtype)
    return np.where(alpha == 0, below, deep)


def _mix(color: NDArray[Any], under: NDArray[Any], weight: NDArray[Any]) -> NDArray[Any]:
    """Exactly `colour` where the weight is 1, whatever lies below."""
    return np.where(weight == 1, color, under + (color - under) * weight)


def _window(pixels: Pixels, box: Bounds, cover: Bounds) -> Pixels:
    """A view of the part in `box` of an array that covers `cover`, both in document pixels."""
    local = box.relative_to(cover)
    return pixels[local.y : local.bottom, local.x : local.right]

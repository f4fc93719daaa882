"""The little picture of a result in History: the painted area in its surroundings, as it will look in the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..edit.color import to_working
from ..edit.compose import Layer
from ..edit.source import Source
from ..pipelines.generation import FloatArray, Pixels
from ..plan.bounds import Bounds
from ..plan.plan import Plan

SIDE = 512  # pixels, the longer side at most
CHECK = 8  # pixels of a checkerboard's square
LIGHT, DARK = 204 / 255, 153 / 255


def make_thumbnail(layer: Layer, source: Source, plan: Plan) -> Pixels:
    """(h, w, 3) uint8 of the plan's context: the layer over what was sent, over a checkerboard where there was nothing.

    In sRGB, whatever the document's depth and profile; large crops are thinned out first, so that it costs little.
    """
    shown = plan.context.union(layer.bounds)
    picture, stride = _empty(shown)
    if source.image is not None:
        _paste(picture, source.image, None, source.profile, source.bounds, shown, stride)
    _paste(picture, layer.image, layer.mask, source.profile, layer.bounds, shown, stride)
    return _small(picture)


def picture_thumbnail(image: NDArray[Any], profile: bytes | str | None, mask: Pixels | None = None) -> Pixels:
    """(h, w, 3) uint8 of a whole picture (H, W, 1 to 4), or of what `mask` (H, W) shows of it, likewise."""
    shown = Bounds(0, 0, image.shape[1], image.shape[0])
    picture, stride = _empty(shown)
    _paste(picture, image, mask, profile, shown, shown, stride)
    return _small(picture)


def stack_thumbnail(layers: Sequence[Layer], profile: bytes | str | None, shown: Bounds) -> Pixels:
    """(h, w, 3) uint8 of the box `shown` of a document: layers one over the other, the lowest first, likewise."""
    picture, stride = _empty(shown)
    for layer in layers:
        _paste(picture, layer.image, layer.mask, profile, layer.bounds, shown, stride)
    return _small(picture)


def _empty(shown: Bounds) -> tuple[FloatArray, int]:
    """A checkerboard for `shown`, thinned out, and of how many pixels one is left each way."""
    stride = max(1, max(shown.width, shown.height) // (2 * SIDE))
    return _checkerboard(-(-shown.height // stride), -(-shown.width // stride)), stride


def _small(picture: FloatArray) -> Pixels:
    shown = Image.fromarray((picture * 255).round().astype(np.uint8))
    shown.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(shown)


def _checkerboard(height: int, width: int) -> FloatArray:
    rows, columns = np.indices((height, width))
    squares = (rows // CHECK + columns // CHECK) % 2
    return np.where(squares[..., None] == 0, np.float32(LIGHT), np.float32(DARK)).repeat(3, axis=2)


def _paste(
    picture: FloatArray,
    image: NDArray[Any],
    mask: Pixels | None,
    profile: bytes | str | None,
    bounds: Bounds,
    shown: Bounds,
    stride: int,
) -> None:
    """Blend every `stride`-th pixel of `image`, which covers `bounds`, into `picture`, which covers `shown`."""
    common = bounds.intersect(shown)
    if common.is_empty:
        return
    first_row, first_column = -(-(common.y - shown.y) // stride), -(-(common.x - shown.x) // stride)
    rows = slice(first_row * stride + shown.y - bounds.y, common.bottom - bounds.y, stride)
    columns = slice(first_column * stride + shown.x - bounds.x, common.right - bounds.x, stride)
    color, opacity = to_working(np.ascontiguousarray(image[rows, columns]), profile)
    alpha = np.ones(color.shape[:2], np.float32) if opacity is None else opacity
    if mask is not None:
        alpha = alpha * (mask[rows, columns].astype(np.float32) / 255)
    place = picture[first_row : first_row + color.shape[0], first_column : first_column + color.shape[1]]
    place += (np.clip(color, 0, 1) - place) * alpha[..., np.newaxis]

"""An editor's normal blend mode over an opaque document: encoded colours, rounded to the document's depth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_server.edit.compose import Layer
from bridge_server.plan.bounds import Bounds

from .spaces import FULL


def flatten(document: NDArray[Any], bounds: Bounds, layer: Layer) -> NDArray[Any]:
    """The document (H, W, 3) covering `bounds`, with the layer and its mask above it."""
    shown = layer.bounds.intersect(bounds)
    inner, outer = shown.relative_to(layer.bounds), shown.relative_to(bounds)
    rows, columns = slice(outer.y, outer.bottom), slice(outer.x, outer.right)
    full = FULL[document.dtype]
    above = layer.image[inner.y : inner.bottom, inner.x : inner.right].astype(np.float64)
    mask = layer.mask[inner.y : inner.bottom, inner.x : inner.right, None] / 255.0
    opacity = above[:, :, 3:] / full * mask
    below = document[rows, columns].astype(np.float64)
    mixed = above[:, :, :3] * opacity + below * (1 - opacity)
    if document.dtype != np.float32:
        mixed = np.rint(mixed)
    result = document.copy()
    result[rows, columns] = np.where(opacity > 0, mixed.astype(document.dtype), document[rows, columns])
    return result

"""An editor's normal blend mode, written apart from the code under test, in double precision and with straight alpha.

Faithful: `over` of a layer whose opacity is alpha x layer mask, colours as they are encoded (GIMP's legacy and
perceptual modes, Photoshop), results rounded to the document's depth. A pixel of no opacity changes nothing: editors
skip it. Not faithful: blending in linear light.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_server.edit.compose import Layer
from bridge_server.plan.bounds import Bounds

FULL = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535, np.dtype(np.float32): 1}


def with_alpha(image: NDArray[Any]) -> NDArray[Any]:
    if image.shape[2] in (2, 4):
        return image.copy()
    alpha = np.full((*image.shape[:2], 1), FULL[image.dtype], image.dtype)
    return np.concatenate([image, alpha], axis=2)


def flatten(document: NDArray[Any], at: Bounds, layer: Layer) -> NDArray[Any]:
    """The document (H, W, C) covering `at`, with the layer above it: (H, W, C + alpha)."""
    result = with_alpha(document)
    shown = layer.bounds.intersect(at)
    inner, outer = shown.relative_to(layer.bounds), shown.relative_to(at)
    rows, columns = slice(outer.y, outer.bottom), slice(outer.x, outer.right)
    full = FULL[result.dtype]
    above = layer.image[inner.y : inner.bottom, inner.x : inner.right].astype(np.float64) / full
    mask = layer.mask[inner.y : inner.bottom, inner.x : inner.right] / 255.0
    below = result[rows, columns].astype(np.float64) / full
    opacity = above[:, :, -1:] * mask[:, :, np.newaxis]
    alpha = opacity + below[:, :, -1:] * (1 - opacity)
    color = above[:, :, :-1] * opacity + below[:, :, :-1] * below[:, :, -1:] * (1 - opacity)
    mixed = np.concatenate([color / np.maximum(alpha, 1e-12), alpha], axis=2)
    if result.dtype != np.float32:
        mixed = np.rint(mixed * full)
    result[rows, columns] = np.where(opacity > 0, mixed.astype(result.dtype), result[rows, columns])
    return result

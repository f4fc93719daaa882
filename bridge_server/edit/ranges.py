"""Keeps what is made of a picture within the range that the document's own values have around.

What is sharpened within limits in sRGB is not within them in a wider profile, whose channels are mixtures: black
becomes negative beside pure colours. So the last limit is set in the document's own channels. Light above white stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .color import own_values, to_document
from .source import Image, Pixels

Floats = NDArray[np.float32]  # (h, w, 3), or (h, w, 1) for gray: a document's values, 1 for the full one


@dataclass(frozen=True)
class Range:
    """The least and the most of each pixel's neighbours."""

    lowest: Floats
    highest: Floats

    def limit(self, values: Floats) -> Floats:
        return np.clip(values, self.lowest, self.highest, dtype=np.float32)

    def enlarged(self, scale: int) -> Range:
        size = self.lowest.shape[1] * scale, self.lowest.shape[0] * scale
        lowest, highest = (
            _of_shape(cv2.resize(one, size, interpolation=cv2.INTER_LINEAR), self.lowest.shape[2])
            for one in (self.lowest, self.highest)
        )
        return Range(lowest, highest)

    def with_nothing_to_full(self) -> Range:
        """All that an integer can hold too: what is beyond is there only as far as it was."""
        return Range(np.minimum(self.lowest, np.float32(0)), np.maximum(self.highest, np.float32(1)))


def range_of(values: Floats, reach: int) -> Range:
    """reach: pixels to each side, 1 or more."""
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    channels = values.shape[2]
    return Range(_of_shape(cv2.erode(values, around), channels), _of_shape(cv2.dilate(values, around), channels))


def seen_values(image: Pixels, color: Image, alpha: NDArray[np.float32] | None, profile: bytes | str | None) -> Floats:
    """The document's values; where they are wholly transparent, those of `color` (h, w, 3) in their place.

    Raises BridgeError (unsupported).
    """
    values = own_values(image)
    if alpha is None or alpha.all():
        return values
    return np.where(alpha[:, :, np.newaxis] > 0, values, to_document(color, values.shape[2] == 1, profile))


def _of_shape(values: NDArray[np.generic], channels: int) -> Floats:
    """OpenCV drops a single channel's axis."""
    return np.asarray(values, np.float32).reshape(*values.shape[:2], channels)

"""What patches are compared by: lightness, two differences of colour, and how much fine detail there is.

The last one keeps smooth and textured surfaces of one colour apart where the picture is reduced so far that they look
the same: Newson, Almansa, Fradet, Gousseau & Perez, Video Inpainting of Complex Scenes (SIAM Journal on Imaging
Sciences 7, 2014).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compiled import Bands, split

LIGHT = 1000  # steps between black and white; costs of a patch stay within 31 bits
COLOR = 1600  # steps per unit of the colour differences
TEXTURE = 3000  # steps per unit of the mean difference of neighbouring pixels' lightness
DETAIL = 7  # pixels: the side of the square in which fine detail is measured
MOST = 2047
STRIP = 256  # rows


def features(image: NDArray[np.float32], known: NDArray[np.uint8], texture: float, bands: Bands) -> NDArray[np.int16]:
    """(H, W, 4) int16 of an encoded picture (H, W, 1 or 3), about 0 to 1; what lies beyond is compressed.

    known: (H, W) 0 or 1; nothing of other pixels is read but what is written at their own place.
    """
    height, width = known.shape
    result = np.empty((height, width, 4), np.int16)
    light = np.empty((height, width), np.float32)
    strips = split(0, height, STRIP)

    def colors(strip: tuple[int, int], _bands: Bands) -> None:
        rows = slice(*strip)
        part = _compressed(image[rows])
        if part.shape[2] == 1:
            light[rows] = part[:, :, 0]
            result[rows, :, 1:3] = 0
        else:
            light[rows] = part @ np.array([0.299, 0.587, 0.114], np.float32)
            result[rows, :, 1] = _steps((part[:, :, 0] - light[rows]) * np.float32(0.713 * COLOR))
            result[rows, :, 2] = _steps((part[:, :, 2] - light[rows]) * np.float32(0.564 * COLOR))
        result[rows, :, 0] = _steps(light[rows] * np.float32(LIGHT))

    def textures(strip: tuple[int, int], _bands: Bands) -> None:
        (top, bottom), around = strip, DETAIL // 2 + 1
        first = max(0, top - around)
        seen = slice(first, min(height, bottom + around))
        detail = _detail(light[seen], known[seen])[top - first : bottom - first]
        result[top:bottom, :, 3] = _steps(detail * np.float32(TEXTURE * texture))

    bands.each(colors, strips)
    bands.each(textures, strips)
    return result


def _detail(light: NDArray[np.float32], known: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean size of the differences of neighbouring pixels, both known, around each pixel."""
    total = np.zeros(light.shape, np.float32)
    count = np.zeros(light.shape, np.float32)
    before, after = slice(0, -1), slice(1, None)
    for one, other in (((slice(None), after), (slice(None), before)), ((after,), (before,))):
        both = (known[one] & known[other]).astype(np.float32)
        total[one] += np.abs(light[one] - light[other]) * both
        count[one] += both
    side = (DETAIL, DETAIL)
    around = np.asarray(cv2.boxFilter(total, -1, side, normalize=False), np.float32)
    counted = np.asarray(cv2.boxFilter(count, -1, side, normalize=False), np.float32)
    return np.divide(around, np.maximum(counted, 1), dtype=np.float32)


def _compressed(part: NDArray[np.float32]) -> NDArray[np.float32]:
    """Highlights of float pictures, at most about 1.6, so that costs stay within their range."""
    bright = np.maximum(part, np.float32(1))
    return np.minimum(part, np.float32(1)) + np.minimum(np.float32(0.6), np.log(bright) * np.float32(0.25))


def _steps(values: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.rint(np.clip(values, -MOST // 4, MOST)).astype(np.int16)

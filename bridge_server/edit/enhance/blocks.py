"""What is weak in a picture's cosine transform is taken for noise: thresholds on overlapping blocks of 8 by 8 pixels.

Yu and Sapiro: "DCT Image Denoising: a Simple and Effective Image Denoising Algorithm" (IPOL 2011), with blocks weighted
by how few coefficients they keep, as in BM3D (Dabov and others, 2007), so that edges do not ring.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from ...errors import BridgeError, ErrorCode
from ..source import Image

SIDE = 8  # pixels of a block
STEP = 2  # pixels from one block to the next, each way; shrinking.py relies on it
CHECKED = 64  # rows of pixels from one call of `check` to the next
REACH = SIDE  # pixels that are looked at around each pixel
OPPONENT = np.array(
    (
        (1 / np.sqrt(3), 1 / np.sqrt(3), 1 / np.sqrt(3)),
        (1 / np.sqrt(2), 0, -1 / np.sqrt(2)),
        (1 / np.sqrt(6), -2 / np.sqrt(6), 1 / np.sqrt(6)),
    ),
    np.float32,
)  # orthonormal: lightness, and two differences of colours, in which noise keeps its deviation

Channel = NDArray[np.float32]  # (h, w)


def to_opponent(picture: Image) -> Image:
    return np.asarray(cv2.transform(picture, OPPONENT), np.float32)


def from_opponent(channels: Image) -> Image:
    return np.asarray(cv2.transform(channels, np.ascontiguousarray(OPPONENT.T)), np.float32)


def coefficients(channel: Channel) -> NDArray[np.float32]:
    """(8 m, 8 n) -> (m, n, 8, 8), orthonormal: of each block the cosine transform, the mean first."""
    rows, columns = channel.shape[0] // SIDE, channel.shape[1] // SIDE
    blocks = channel.reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2)
    return np.asarray(dctn(blocks, axes=(2, 3), norm="ortho"), np.float32)


def shrink(channel: Channel, threshold: float, check: Callable[[], None]) -> Channel:
    """(h, w), sides that are multiples of 8 -> the same without what is below the threshold, but for REACH pixels at
    the edges, which fewer blocks cover. `check` is called between rows of blocks, and may raise.

    Raises BridgeError (unsupported) where numba is missing.
    """
    kernels = _kernels()
    total, weight = np.zeros_like(channel), np.zeros_like(channel)
    for top in range(0, channel.shape[0] - SIDE + 1, STEP):
        if top % CHECKED == 0:
            check()
        kernels.shrink_rows(channel, np.float32(threshold), total, weight, top)
    return total / weight


def prepare() -> None:
    """Compile, or read from numba's cache, what `shrink` runs. Seconds, once. Raises BridgeError (unsupported)."""
    shrink(np.zeros((SIDE, SIDE), np.float32), 0.0, lambda: None)


def _kernels() -> ModuleType:
    try:
        return importlib.import_module(".shrinking", __package__)
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        message = "Reducing noise needs the library numba, which is not installed. Sharpening alone does not."
        raise BridgeError(ErrorCode.UNSUPPORTED, message) from error

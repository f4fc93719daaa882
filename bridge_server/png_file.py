"""A PNG file of pixels of 8 or 16 bits, with an ICC profile and a resolution; layer masks go into a layer's alpha."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER_END = 33  # signature and IHDR
LEVEL = 1  # the pictures are often large; a higher level takes several times as long for a tenth less
FILTER_SUB = 8 << 1  # libpng's mask of filters; trying all for each row takes twice as long for nothing
RUNS_ONLY = 3  # zlib's strategy: 16-bit values hardly repeat but in flat areas, and looking takes three times as long


def encode_png(
    pixels: NDArray[Any], profile: bytes | None, phys: bytes | None = None
) -> list[bytes | bytearray | memoryview]:
    """The file in pieces. pixels: (H, W, 1 to 4) uint8 or uint16, straight alpha. profile: None: sRGB.

    phys: the content of a pHYs chunk, how large the pixels are.
    """
    import imagecodecs

    gray = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    strategy = RUNS_ONLY if pixels.dtype == np.uint16 else None
    data = imagecodecs.png_encode(np.ascontiguousarray(gray), level=LEVEL, filter=FILTER_SUB, strategy=strategy)
    chunk = [_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))] if profile else []
    if phys is not None:
        chunk.append(_chunk(b"pHYs", phys))
    return [data[:HEADER_END], *chunk, memoryview(data)[HEADER_END:]]


def masked(layer: NDArray[Any], mask: NDArray[np.uint8]) -> NDArray[Any]:
    """A layer (h, w, 2 or 4), straight alpha, with its layer mask (h, w) in its alpha."""
    shown = layer.copy()
    alpha = layer[:, :, -1].astype(np.float64) * mask / 255
    shown[:, :, -1] = alpha if layer.dtype == np.float32 else np.rint(alpha)
    return shown


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

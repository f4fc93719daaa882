"""Pictures and profiles that tests write with other programs' libraries."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import OpenEXR
from numpy.typing import NDArray
from PIL import Image

ADOBE_RGB: bytes = imagecodecs.cms_profile("adobergb")
GRAY_GAMMA_2: bytes = imagecodecs.cms_profile("gray", whitepoint=(0.3457, 0.3585), gamma=2.0)
FULL = {"uint8": 255, "uint16": 65535, "float16": 1, "float32": 1}


def noise(dtype: str, channels: int, size: tuple[int, int] = (30, 20)) -> NDArray[Any]:
    """(H, W, channels) of (W, H) `size`, all of the range, the same each time."""
    values = np.random.default_rng(channels).random((size[1], size[0], channels)) * FULL[dtype]
    return values.astype(dtype)


def png(path: Path, pixels: NDArray[Any], *chunks: tuple[bytes, bytes]) -> Path:
    """A PNG by libpng, with chunks after its header."""
    data = imagecodecs.png_encode(pixels)
    made = [struct.pack(">I", len(c)) + name + c + struct.pack(">I", zlib.crc32(name + c)) for name, c in chunks]
    path.write_bytes(data[:33] + b"".join(made) + data[33:])
    return path


def icc_chunk(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"a profile\0\0" + zlib.compress(profile)


def exr(path: Path, channels: dict[str, NDArray[Any]], **header: Any) -> Path:
    OpenEXR.File(header, {name: np.ascontiguousarray(values) for name, values in channels.items()}).write(str(path))
    return path


def exr_values(path: Path, names: str) -> NDArray[Any]:
    channels = OpenEXR.File(str(path), separate_channels=True).channels()
    assert set(channels) == set(names)
    return np.dstack([channels[name].pixels for name in names])


def profile_of_png(path: Path) -> bytes | None:
    return Image.open(path).info.get("icc_profile")


def to_srgb(values: list[float], profile: bytes) -> NDArray[np.float32]:
    """A colour of a profile, 0 to 1, in sRGB and unbounded, by lcms."""
    gray = len(values) == 1
    pixel = np.array(values, np.float32).reshape(1, 1, -1)
    made = imagecodecs.cms_transform(
        pixel,
        profile,
        imagecodecs.cms_profile("srgb"),
        colorspace="gray" if gray else "rgb",
        outcolorspace="rgb",
        outdtype="float32",
    )
    return np.asarray(made).reshape(-1)

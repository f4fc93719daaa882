"""Profiles of every make, and what the colour engine itself says of their colours."""

from __future__ import annotations

import struct
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from bridge_server.edit.color.profiles import SPACES, icc_of

RGB = tuple(name for name, space in SPACES.items() if space.primaries is not None)
GRAY = tuple(name for name, space in SPACES.items() if space.primaries is None)
FULL = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535, np.dtype(np.float32): 1}
D50 = np.array([0.9642, 1.0, 0.8249])


def engine(values: NDArray[Any], profile: bytes, to: str | bytes) -> NDArray[np.float32]:
    """Little CMS in float: (H, W, 3) relative colorimetric, to another RGB profile or "xyz"."""
    flags = imagecodecs.CMS.FLAGS.NOOPTIMIZE
    values = np.ascontiguousarray(values / FULL[values.dtype], np.float32)
    goal = imagecodecs.cms_profile("xyz") if to == "xyz" else to
    space = "xyz" if to == "xyz" else "rgb"
    return imagecodecs.cms_transform(
        values, profile, goal, colorspace="rgb", outcolorspace=space, outdtype=np.float32, intent=1, flags=flags
    )


def lab(xyz: NDArray[Any]) -> NDArray[np.float64]:
    ratio = np.maximum(xyz.astype(np.float64) / D50, 0)
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def difference(one: NDArray[Any], other: NDArray[Any], profile: bytes) -> NDArray[np.float64]:
    """CIEDE2000 between two pictures (H, W, 3) in the same profile."""
    return deltaE_ciede2000(lab(engine(one, profile, "xyz")), lab(engine(other, profile, "xyz")))


def colors(dtype: Any, count: int = 64, seed: int = 0) -> NDArray[Any]:
    """(count, count, 3) random colours, among them many with channels at the ends."""
    random = np.random.default_rng(seed)
    values = random.beta(0.5, 0.5, (count, count, 3))
    values[random.random(values.shape) < 0.05] = 0
    values[random.random(values.shape) < 0.05] = 1
    return (values * FULL[np.dtype(dtype)] + (0 if dtype is np.float32 else 0.5)).astype(dtype)


def table_profile(*, one_way: bool = False, kind: bytes = b"scnr") -> bytes:
    """An RGB profile of tables alone (lut16Type, ICC.1:2001-04, 6.5.7), as scanners and printers have.

    Its space is sRGB with a power of 2, in which blue gets a little lighter with red: no curve and matrix say that.
    one_way: only from its values, as an input profile needs no more (8.3). kind: the profile's class.
    """
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 17)] * 3, indexing="ij"), axis=-1)
    forward = lab(engine(_twisted(grid).astype(np.float32), icc_of("Linear sRGB"), "xyz"))
    to_pcs = np.stack([forward[..., 0] * 652.8, (forward[..., 1] + 128) * 256, (forward[..., 2] + 128) * 256], axis=-1)
    axes = [np.linspace(0, 1, 33)] * 3
    codes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) * 65535
    pcs = np.stack([codes[..., 0] / 652.8, codes[..., 1] / 256 - 128, codes[..., 2] / 256 - 128], axis=-1)
    f = (pcs[..., 0] + 16) / 116
    f = np.stack([f + pcs[..., 1] / 500, f, f - pcs[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, (116 * f - 16) * 27 / 24389) * D50
    primaries = engine(np.eye(3, dtype=np.float32)[None], icc_of("Linear sRGB"), "xyz")[0].T
    light = np.clip(xyz @ np.linalg.inv(primaries).T, 0, 1)
    red, green, blue = np.sqrt(np.moveaxis(light, -1, 0))
    back = np.stack([red, green, blue * 1.1 / (1 + 0.1 * red)], axis=-1)
    tags = {b"A2B0": _lut16(to_pcs)} | ({} if one_way else {b"B2A0": _lut16(back * 65535)})
    return _profile(tags, kind)


def _twisted(values: NDArray[Any]) -> NDArray[Any]:
    red, green, blue = np.moveaxis(values, -1, 0)
    return np.stack([red, green, blue * (1 + 0.1 * red) / 1.1], axis=-1) ** 2


def _lut16(table: NDArray[Any]) -> bytes:
    side = table.shape[0]
    identity = [65536, 0, 0, 0, 65536, 0, 0, 0, 65536]
    head = b"mft2\0\0\0\0" + struct.pack(">4B9i2H", 3, 3, side, 0, *identity, 2, 2)
    ramps = struct.pack(">6H", *[0, 65535] * 3)
    return head + ramps + np.clip(np.rint(table), 0, 65535).astype(">u2").tobytes() + ramps


def _profile(tags: dict[bytes, bytes], kind: bytes) -> bytes:
    text = b"desc\0\0\0\0" + struct.pack(">I", 6) + b"table\0" + bytes(78)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    everything = {b"desc": text, b"cprt": b"text\0\0\0\0none\0", b"wtpt": white, **tags}
    head, place = b"", 132 + 12 * len(everything)
    body = b""
    for name, tag in everything.items():
        tag += bytes(-len(tag) % 4)
        head += struct.pack(">4sII", name, place + len(body), len(tag))
        body += tag
    size = place + len(body)
    header = struct.pack(">I4sI4s4s4s12s4s", size, b"lcms", 0x02400000, kind, b"RGB ", b"Lab ", bytes(12), b"acsp")
    header += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(everything)) + head + body

"""The way back into profiles that have none: cameras and scanners make profiles with tables from their values only.

ICC.1:2010, 8.3: an input profile needs AToB0 alone. What it says is turned round here, numerically, and written as a
profile with a table from CIELAB to its values, so that the colour engine can go there as with any other profile.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from .curves import Doubles

ToXyz = Callable[[Doubles], Doubles]
"""(H, W, 3) values of the profile, 0 to 1 -> D50 XYZ."""

SIDE = 33  # nodes of the table on each axis
SAMPLES = 17  # on each axis of the values, of which the nearest begins the search
ROUNDS = 8  # of Levenberg and Marquardt's method
STEP = 1 / 512  # of the values, for slopes
BLOCK = 2048  # nodes that are compared with all samples at once
D50 = np.array([0.9642, 1.0, 0.8249])
LIGHTNESS_CODES, TABLE_ENTRIES = 65280, 4096  # lut16Type: L* 100 is code FF00h, which is to lie on a node


def with_way_back(to_xyz: ToXyz) -> bytes:
    """An RGB profile with BToA0 (lut16Type, ICC.1:2010, 10.10): the nearest values that `to_xyz` has for each colour.

    Takes 1 to 4 s. Colours come back within 1 CIEDE2000 (95 of 100 random ones; 2 to 4 at the ends of a wide gamut).
    """
    axis = np.linspace(0.0, 1.0, SIDE)
    lightness, a, b = np.meshgrid(axis * 100, *[axis * 65535 / 256 - 128] * 2, indexing="ij")
    values = _nearest_values(to_xyz, np.stack([lightness, a, b], axis=-1).reshape(-1, 3))
    return _profile(np.rint(values * 65535).astype(">u2").tobytes())


def _nearest_values(to_xyz: ToXyz, wanted: Doubles) -> Doubles:
    """(N, 3) values of 0 to 1 whose CIELAB is as near as can be to `wanted` (N, 3)."""

    def lab_of(values: Doubles) -> Doubles:
        return _lab(to_xyz(values[np.newaxis])[0])

    axis = np.linspace(0.0, 1.0, SAMPLES)
    samples = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    values = samples[_nearest(lab_of(samples), wanted)]
    error = wanted - lab_of(values)
    damping = np.full(len(wanted), 1e-2)
    for _ in range(ROUNDS):
        slopes = np.stack([(lab_of(values + step) - lab_of(values - step)) / (2 * STEP) for step in np.eye(3) * STEP])
        slopes = np.moveaxis(slopes, 0, -1)
        normal = np.einsum("nij,nik->njk", slopes, slopes)
        scale = np.einsum("njj->nj", normal) + 1e-6
        normal += (damping[:, None] * scale)[:, :, None] * np.eye(3)
        slope = np.einsum("nij,ni->nj", slopes, error)
        moved = np.asarray(np.linalg.solve(normal, slope[..., np.newaxis]), np.float64)[..., 0]
        tried = np.clip(values + moved, 0.0, 1.0)
        left = wanted - lab_of(tried)
        better = (left**2).sum(axis=1) < (error**2).sum(axis=1)
        values[better], error[better] = tried[better], left[better]
        damping = np.where(better, damping / 4, damping * 4)
    return values


def _nearest(samples: Doubles, wanted: Doubles) -> np.ndarray:
    """For each of `wanted` (N, 3) the number of the nearest of `samples` (M, 3)."""
    squares = (samples**2).sum(axis=1)
    blocks = [wanted[start : start + BLOCK] for start in range(0, len(wanted), BLOCK)]
    return np.concatenate([(squares - 2 * block @ samples.T).argmin(axis=1) for block in blocks])


def _lab(xyz: Doubles) -> Doubles:
    """CIE 1976 L*a*b* under D50."""
    ratio = np.maximum(xyz.astype(np.float64) / D50, 0.0)
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def _profile(table: bytes) -> bytes:
    """The output profile around a table of SIDE x SIDE x SIDE nodes, L* slowest, three big-endian values each."""
    unit = [65536, 0, 0, 0, 65536, 0, 0, 0, 65536]
    head = b"mft2\0\0\0\0" + struct.pack(">4B9i2H", 3, 3, SIDE, 0, *unit, TABLE_ENTRIES, 2)
    ramp = np.linspace(0, 65535, TABLE_ENTRIES)
    lightness = np.minimum(ramp * 65535 / LIGHTNESS_CODES, 65535)
    curves = b"".join(np.rint(curve).astype(">u2").tobytes() for curve in (lightness, ramp, ramp))
    text = b"desc\0\0\0\0" + struct.pack(">I", 9) + b"way back\0" + bytes(78)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    tags = {
        b"desc": text,
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": white,
        b"B2A0": head + curves + table + struct.pack(">6H", *[0, 65535] * 3),
    }
    directory, body, place = b"", b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        directory += struct.pack(">4sII", name, place + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    header = struct.pack(
        ">I4sI4s4s4s12s4s", place + len(body), b"lcms", 0x02400000, b"prtr", b"RGB ", b"Lab ", bytes(12), b"acsp"
    )
    header += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + directory + body

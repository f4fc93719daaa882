"""Colour spaces of the documents, written apart from the code under test: matrices and curves in double precision.

Matrices are derived from the primaries and white points of the published standards, adapted to D65 by Bradford's method
(Lindbloom, http://www.brucelindbloom.com/index.html?Eqn_RGB_XYZ_Matrix.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

D65 = (0.3127, 0.3290)
D50 = (0.3457, 0.3585)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
FULL = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}


@dataclass(frozen=True)
class Space:
    """An RGB space. primaries: (x, y) of red, green, blue. gamma: the exponent, or None for sRGB's curve."""

    name: str
    primaries: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    white: tuple[float, float]
    gamma: float | None

    @cached_property
    def to_xyz(self) -> Floats:
        """Linear RGB to XYZ relative to D65."""
        columns = np.array([_xyz(point) for point in self.primaries]).T
        matrix = columns * np.linalg.solve(columns, _xyz(self.white))
        source, target = BRADFORD @ _xyz(self.white), BRADFORD @ _xyz(D65)
        return np.linalg.inv(BRADFORD) @ np.diag(target / source) @ BRADFORD @ matrix

    @cached_property
    def icc(self) -> bytes | None:
        """The profile that goes with the pixels; None for sRGB."""
        if self.name == "sRGB":
            return None
        points = [value for point in self.primaries for value in (*point, 1.0)]
        curve: dict[str, Any] = {"gamma": self.gamma}
        if self.gamma is None:
            curve = {"transferfunction": _to_linear(np.linspace(0, 1, 4096), None).astype(np.float32)}
        return imagecodecs.cms_profile("rgb", whitepoint=[*self.white, 1.0], primaries=points, **curve)


SRGB = Space("sRGB", ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65, None)
SPACES = {
    space.name: space
    for space in (
        SRGB,
        Space("Adobe RGB", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, 563 / 256),
        Space("Display P3", ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65, None),
        Space("ProPhoto", ((0.734699, 0.265301), (0.159597, 0.840403), (0.036598, 0.000105)), D50, 1.8),
        Space("linear", ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65, 1.0),
    )
}


def encode(srgb: NDArray[Any], space: Space, dtype: np.dtype[Any]) -> NDArray[Any]:
    """(..., 3) sRGB-encoded, 0 to 1 and beyond -> pixels of the space in `dtype`, rounded and clipped where integer."""
    values = np.asarray(srgb, np.float64)
    if space.name != "sRGB":
        linear = _to_linear(values, SRGB.gamma) @ (np.linalg.inv(space.to_xyz) @ SRGB.to_xyz).T
        values = _from_linear(linear, space.gamma)
    if dtype == np.float32:
        return values.astype(np.float32)
    return np.rint(np.clip(values, 0, 1) * FULL[dtype]).astype(dtype)


def decode(pixels: NDArray[Any], space: Space) -> Floats:
    """Pixels of the space -> (..., 3) sRGB-encoded float64, 0 to 1 and beyond."""
    values = pixels / FULL[pixels.dtype]
    if space.name == "sRGB":
        return values
    linear = _to_linear(values, space.gamma) @ (np.linalg.inv(SRGB.to_xyz) @ space.to_xyz).T
    return _from_linear(linear, SRGB.gamma)


def _xyz(point: tuple[float, float]) -> Floats:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _to_linear(values: Floats, gamma: float | None) -> Floats:
    size = np.abs(values)
    linear = size**gamma if gamma else np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return np.copysign(linear, values)


def _from_linear(linear: Floats, gamma: float | None) -> Floats:
    size = np.abs(linear)
    values = (
        size ** (1 / gamma) if gamma else np.where(size <= 0.0031308, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)
    )
    return np.copysign(values, linear)

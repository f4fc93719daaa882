"""Transfer curves: from a document's values to light and back, unbounded, and mirrored for negative values.

A curve is recognised as sRGB's or as a power where it is one within the rounding of a profile's table, and is then
calculated; everything else is looked up. Both ways use the same function, so that values come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]  # of any shape
Doubles = NDArray[np.float64]

CODES = 65536  # entries of the tables: one for each 16-bit code; those of 8 bit are each 257th
ROUNDING = 1e-4  # how far a table's light may be from sRGB's or a power's: profiles round, and have few entries
TOE, LIGHT_TOE = 0.04045, 0.0031308  # IEC 61966-2-1: below these sRGB is a straight line
STEEPNESS = 0.2, 5.0  # of powers: beyond these, light far above white has no number in float32
SCALE = np.float32(1.055)
OFFSET = SCALE - np.float32(1.0)  # 0.055, as exactly that much less than the scale that white stays 1


@dataclass(frozen=True, eq=False)
class Curve:
    """From values, where 1.0 is white, to light.

    light: (65536,) float32, the light of each 16-bit code. gamma: the exponent of a power; of a table, the one with
    which it goes on above white. values: (65536,) float32, for a table only: the value whose light is (k / 65535)².
    """

    kind: Literal["srgb", "power", "table"]
    light: Floats
    gamma: float
    values: Floats | None = None


def make_curve(function: Callable[[Doubles], Doubles]) -> Curve | None:
    """The curve of a function from values to light, both 0 to 1; None where it does not rise and so has no inverse."""
    codes = np.linspace(0.0, 1.0, CODES)
    with np.errstate(all="ignore"):  # of damaged profiles; what comes of it is checked next
        light = np.clip(function(codes), 0.0, None)
    if not np.isfinite(light).all() or light[-1] <= light[0] or np.diff(light).min() < -1e-6:
        return None
    exact = _srgb_light(codes)
    if np.abs(light - exact).max() < ROUNDING:
        return Curve("srgb", exact.astype(np.float32), 2.4)
    gamma = float(np.log(light[CODES // 2]) / np.log(codes[CODES // 2])) if 0 < light[CODES // 2] < 1 else 1.0
    gamma = _nearest_usual(gamma)
    if STEEPNESS[0] <= gamma <= STEEPNESS[1] and np.abs(light - codes**gamma).max() < ROUNDING / 2:
        return Curve("power", (codes**gamma).astype(np.float32), gamma)
    light = np.maximum.accumulate(light)
    slope = (light[-1] - light[-CODES // 64]) / (codes[-1] - codes[-CODES // 64]) / light[-1]
    values = np.interp(codes**2, light, codes)
    return Curve("table", light.astype(np.float32), float(np.clip(slope, *STEEPNESS)), values.astype(np.float32))


def to_light(curve: Curve, values: NDArray[Any]) -> Floats:
    """Values of any shape, uint8 or uint16 (full scale is white) or float32 (unbounded), to light."""
    if values.dtype == np.uint8:
        return np.take(curve.light[::257], values, mode="clip")
    if values.dtype == np.uint16:
        return np.take(curve.light, values, mode="clip")
    if curve.kind == "power" and curve.gamma == 1:
        return values
    return _mirrored(lambda positive: _float_to_light(curve, positive), values)


def to_values(curve: Curve, light: Floats) -> Floats:
    """Light to the curve's values as float32, unbounded: the inverse of `to_light`."""
    if curve.kind == "power" and curve.gamma == 1:
        return light
    return _mirrored(lambda positive: _float_to_values(curve, positive), light)


def srgb_to_light(encoded: Floats) -> Floats:
    """IEC 61966-2-1, unbounded, mirrored: float32 of any shape."""
    return _mirrored(_srgb_to_light, encoded)


def light_to_srgb(light: Floats) -> Floats:
    """The inverse of `srgb_to_light`."""
    return _mirrored(_light_to_srgb, light)


def _nearest_usual(gamma: float) -> float:
    """The exponent a profile means: they are stored as multiples of 1/256 or as decimals such as 2.2."""
    return min(round(gamma * 256) / 256, round(gamma, 1), key=lambda usual: abs(usual - gamma))


def _mirrored(function: Callable[[Floats], Floats], x: Floats) -> Floats:
    if float(x.min(initial=0.0)) >= 0:
        return function(x)
    return np.copysign(function(np.abs(x)), x)


def _float_to_light(curve: Curve, values: Floats) -> Floats:
    if curve.kind == "srgb":
        return _srgb_to_light(values)
    if curve.kind == "power":
        return _power(values, curve.gamma)
    return _go_on(_look_up(curve.light, values), values, lambda above: curve.light[-1] * _power(above, curve.gamma))


def _float_to_values(curve: Curve, light: Floats) -> Floats:
    if curve.kind == "srgb":
        return _light_to_srgb(light)
    if curve.kind == "power" or curve.values is None:
        return _power(light, 1 / curve.gamma)
    white = curve.light[-1]
    return _go_on(
        _look_up(curve.values, np.sqrt(light)),
        light * np.float32(1 / white),
        lambda above: _power(above, 1 / curve.gamma),
    )


def _look_up(table: Floats, x: Floats) -> Floats:
    """Between the entries of a table over 0 to 1, linearly."""
    place = np.minimum(x, np.float32(1.0)) * np.float32(CODES - 1)
    below = place.astype(np.int32)
    low = np.take(table, below, mode="clip")
    high = np.take(table, below + 1, mode="clip")
    return np.asarray(low + (high - low) * (place - below.astype(np.float32)), np.float32)


def _go_on(inside: Floats, x: Floats, beyond: Callable[[Floats], Floats]) -> Floats:
    """`inside`, and `beyond(x)` where x > 1."""
    above = x > 1
    if above.any():
        inside[above] = beyond(x[above])
    return inside


def _power(x: Floats, exponent: float) -> Floats:
    return np.asarray(cv2.pow(x, exponent), np.float32).reshape(x.shape) if x.size else x


def _srgb_light(values: Doubles) -> Doubles:
    return np.where(values <= TOE, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _srgb_to_light(x: Floats) -> Floats:
    light = _power((x + OFFSET) / SCALE, 2.4)
    return _chosen(x * np.float32(1 / 12.92), x <= np.float32(TOE), light)


def _light_to_srgb(x: Floats) -> Floats:
    encoded = _power(x, 1 / 2.4) * SCALE - OFFSET
    return _chosen(x * np.float32(12.92), x <= np.float32(LIGHT_TOE), encoded)


def _chosen(first: Floats, where: NDArray[np.bool_], second: Floats) -> Floats:
    np.copyto(second, first, where=where)
    return second

"""The ICC profiles that the names of plan/profile_names.py stand for.

The profiles are made by the colour engine (Little CMS) from the published primaries, white points and curves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ...plan.profile_names import check_name

Chromaticity = tuple[float, float]
D65: Chromaticity = (0.3127, 0.3290)
D50: Chromaticity = (0.3457, 0.3585)
CURVE_ENTRIES = 4096  # of curves that are no power


@dataclass(frozen=True)
class Space:
    """RGB: primaries red, green, blue as x, y; gray: none. curve: an exponent, or the name of a curve."""

    white: Chromaticity
    primaries: tuple[float, ...] | None
    curve: float | Literal["srgb", "lightness"]


_SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # IEC 61966-2-1 (ITU-R BT.709)
_P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06)  # SMPTE RP 431-2
_ADOBE = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)  # Adobe RGB (1998) Color Image Encoding, 2005
_ROMM = (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)  # ISO 22028-2; as a profile, a power of 1.8 without a toe
_BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)  # ITU-R BT.2020
_ADOBE_GAMMA, _ROMM_GAMMA = 563 / 256, 461 / 256  # as the ICC profiles of these spaces store them

_APPLE = (0.625, 0.34, 0.28, 0.595, 0.155, 0.07)
_COLORMATCH = (0.630, 0.340, 0.295, 0.605, 0.150, 0.075)

SPACES: dict[str, Space] = {
    "sRGB": Space(D65, _SRGB, "srgb"),
    "Linear sRGB": Space(D65, _SRGB, 1.0),
    "Adobe RGB (1998)": Space(D65, _ADOBE, _ADOBE_GAMMA),
    "Linear Adobe RGB (1998)": Space(D65, _ADOBE, 1.0),
    "Display P3": Space(D65, _P3, "srgb"),
    "Linear Display P3": Space(D65, _P3, 1.0),
    "ProPhoto RGB": Space(D50, _ROMM, _ROMM_GAMMA),
    "Linear ProPhoto RGB": Space(D50, _ROMM, 1.0),
    "Linear Rec2020": Space(D65, _BT2020, 1.0),
    "Apple RGB": Space(D65, _APPLE, 1.8),
    "Linear Apple RGB": Space(D65, _APPLE, 1.0),
    "ColorMatch RGB": Space(D50, _COLORMATCH, 1.8),
    "Linear ColorMatch RGB": Space(D50, _COLORMATCH, 1.0),
    "Gray Gamma 2.2": Space(D50, None, 2.2),
    "Gray Gamma 1.8": Space(D50, None, 1.8),
    "Gray sRGB": Space(D50, None, "srgb"),
    "Gray Linear": Space(D50, None, 1.0),
    "Gray Lightness": Space(D50, None, "lightness"),
}


@lru_cache(maxsize=8)
def icc_of(name: str) -> bytes:
    """The ICC profile that a name means, a pure function. Raises BridgeError (unsupported)."""
    space = SPACES[check_name(name, None)]
    kind = "gray" if space.primaries is None else "rgb"
    gamma = space.curve if isinstance(space.curve, float) else None
    table = _light(space.curve) if isinstance(space.curve, str) else None
    made = imagecodecs.cms_profile(
        kind, whitepoint=space.white, primaries=space.primaries, gamma=gamma, transferfunction=table
    )
    return made[:24] + bytes.fromhex("07d0 0001 0001 0000 0000 0000") + made[36:]  # else the date of making


def _light(curve: Literal["srgb", "lightness"]) -> NDArray[np.float32]:
    """IEC 61966-2-1, or CIE 1976 lightness."""
    values = np.linspace(0.0, 1.0, CURVE_ENTRIES)
    if curve == "srgb":
        light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    else:
        light = np.where(values <= 0.08, values * 2700 / 24389, ((values + 0.16) / 1.16) ** 3)
    return light.astype(np.float32)

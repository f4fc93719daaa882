"""ICC profiles: whether one fits its picture, and one made from what a file says in another way."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...protocol.limits import MAX_PROFILE_BYTES

Chromaticities = tuple[float, ...]  # x and y of red, green, blue and white
SRGB: Chromaticities = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)  # IEC 61966-2-1, ITU-R BT.709
DISPLAY_P3: Chromaticities = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.3290)  # SMPTE EG 432-1 with D65
BT2020: Chromaticities = (0.708, 0.292, 0.17, 0.797, 0.131, 0.046, 0.3127, 0.3290)
ADOBE_RGB: Chromaticities = (
    0.64,
    0.33,
    0.21,
    0.71,
    0.15,
    0.06,
    0.3127,
    0.3290,
)  # Adobe's specification of 2005
ADOBE_RGB_GAMMA = 563 / 256
D50 = (0.3457, 0.3585)
NEAR = 0.005  # files round chromaticities to a few digits
CURVE_POINTS = 4096


def fitting_profile(path: Path, profile: bytes | None, gray: bool) -> tuple[bytes | None, tuple[str, ...]]:
    """The profile if it can describe the picture, else None with a note that says why.

    The header of an ICC profile has "acsp" at byte 36 and the colour space of the values at byte 16 (ICC.1, 7.2).
    """
    if not profile:
        return None, ()
    if len(profile) < 128 or profile[36:40] != b"acsp" or len(profile) > MAX_PROFILE_BYTES:
        return None, (f"{path} has a colour profile that is damaged; it is left out, and sRGB is assumed.",)
    space = profile[16:20].decode("latin-1").strip()
    if space != ("GRAY" if gray else "RGB"):
        kind = "a gray" if gray else "an RGB"
        return None, (f"{path} is {kind} picture with a profile for {space}; it is left out, and sRGB is assumed.",)
    return profile, ()


def make_profile(gray: bool, chromaticities: Chromaticities = SRGB, gamma: float | None = None) -> bytes:
    """An ICC profile with a power curve (gamma 1: linear) or sRGB's own (None). The same profile for the same input."""
    import imagecodecs

    curve = _srgb_curve() if gamma is None else None
    if gray:
        made = imagecodecs.cms_profile("gray", whitepoint=D50, gamma=gamma, transferfunction=curve)
    else:
        made = imagecodecs.cms_profile(
            "rgb", whitepoint=chromaticities[6:], primaries=chromaticities[:6], gamma=gamma, transferfunction=curve
        )
    undated = bytearray(made)
    undated[24:36] = np.array([2000, 1, 1, 0, 0, 0], ">u2").tobytes()  # the date of making, which would differ
    return bytes(undated)


def is_near(chromaticities: Chromaticities, others: Chromaticities) -> bool:
    return bool(np.allclose(chromaticities, others, rtol=0, atol=NEAR))


def _srgb_curve() -> np.ndarray:
    encoded = np.linspace(0, 1, CURVE_POINTS)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)

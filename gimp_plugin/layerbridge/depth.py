"""How an image's own numbers travel: their depth, their curve, and the ICC profile that says what they mean.

GIMP keeps pixels in babl formats: a model ("R'G'B'A", "RGBA", "R~G~B~A"; gray "Y'A", "YA", "Y~A"), a type and a space.
The mark is the curve: ' that of the image's profile; none: linear light; ~ sRGB's; all with the profile's primaries.
Read and written in those very formats, nothing is converted. Main thread only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gi.repository import Babl, Gimp, GLib

PROFILE_CURVE, LINEAR, SRGB_CURVE = "'", "", "~"
BABL_TYPES = {"U8": "u8", "U16": "u16", "F32": "float"}
CURVES = {0: LINEAR, 50: PROFILE_CURVE, 75: SRGB_CURVE}  # Gimp.Precision: hundreds are the type, the rest is the curve


@dataclass(frozen=True)
class Depth:
    """How the pixels of an image travel.

    dtype: of the tensor: U8 and U16 as they are, F32 for half and float (exact), for 32-bit integers and double
    (rounded to 24 bits of precision). icc: the profile that the numbers are in; None: sRGB, or gray with sRGB's curve.
    """

    dtype: str
    gray: bool
    icc: bytes | None
    curve: str = PROFILE_CURVE
    space: Any = None  # babl's; None: that of sRGB

    def babl_format(self, channels: int, dtype: str = "") -> str:
        """The name of the format of 1 or 2 (gray), 3 or 4 channels, with the last one straight alpha where even."""
        letters = ("Y",) if self.gray else ("R", "G", "B")
        model = "".join(letter + self.curve for letter in letters) + ("A" if channels % 2 == 0 else "")
        name = f"{model} {BABL_TYPES[dtype or self.dtype]}"
        return name if self.space is None else Babl.get_name(Babl.format_with_space(name, self.space))

    def channels(self, alpha: bool) -> int:
        return (1 if self.gray else 3) + (1 if alpha else 0)

    @property
    def is_known_to_babl(self) -> bool:
        """Whether babl converts from and to these numbers: not where the profile has tables instead of a matrix."""
        return self.icc is None or self.space is not None or self.curve != PROFILE_CURVE

    def describes(self, icc: bytes | None, gray: bool) -> bool:
        """Whether numbers of this profile are this image's own numbers."""
        if gray != self.gray or (icc is None) != (self.icc is None):
            return False
        return icc is None or icc == self.icc or profile_of(icc).is_equal(profile_of(self.icc or b""))


def depth_of(image: Gimp.Image) -> Depth:
    """Indexed images travel as 8-bit sRGB: palette colours."""
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    precision = int(image.get_precision())
    dtype = {100: "U8", 200: "U16"}.get(precision - precision % 100, "F32")
    curve = CURVES[precision % 100]
    own = image.get_color_profile()
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        return Depth("U8", False, None)
    if own is None and curve != LINEAR:
        return Depth(dtype, gray, None, curve)
    shown = image.get_effective_color_profile() if own is None else own
    profile = with_curve(shown, curve)
    if profile is None:  # tables and no matrix: babl takes the numbers for sRGB's, and GIMP for the profile's
        icc = bytes(shown.get_icc_profile())
        return Depth("F32", gray, icc) if curve == LINEAR else Depth(dtype, gray, icc, PROFILE_CURVE)
    return Depth(dtype, gray, bytes(profile.get_icc_profile()), curve, None if own is None else space_of(own))


def depth_in(dtype: str, gray: bool, icc: bytes | None) -> Depth:
    """Numbers that a profile describes, of no image. Raises GLib.Error where the profile is none."""
    return Depth(dtype, gray, icc, PROFILE_CURVE, None if icc is None else space_of(profile_of(icc)))


def with_curve(profile: Gimp.ColorProfile, curve: str) -> Gimp.ColorProfile | None:
    """The profile with the primaries of this one and another curve; None where that cannot be made."""
    if curve == PROFILE_CURVE:
        return profile
    if curve == LINEAR:
        return profile.new_linear_from_color_profile()
    return profile.new_srgb_trc_from_color_profile()


def space_of(profile: Gimp.ColorProfile) -> Any:
    """The babl space of a profile; None where babl cannot hold it."""
    try:
        return profile.get_space(Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC)
    except GLib.Error:
        return None


def profile_of(icc: bytes) -> Gimp.ColorProfile:
    """Raises GLib.Error where the bytes are no profile."""
    return Gimp.ColorProfile.new_from_icc_profile(icc)


def plain_image(width: int, height: int, dtype: str, gray: bool, icc: bytes | None) -> Gimp.Image:
    """An empty image whose own numbers are of this depth and profile. Raises GLib.Error where the profile is none."""
    image = Gimp.Image.new(width, height, Gimp.ImageBaseType.GRAY if gray else Gimp.ImageBaseType.RGB)
    image.undo_disable()
    precision = {"U16": Gimp.Precision.U16_NON_LINEAR, "F32": Gimp.Precision.FLOAT_NON_LINEAR}.get(dtype)
    if precision is not None:
        image.convert_precision(precision)
    if icc is not None:
        image.set_color_profile(profile_of(icc))
    image.undo_enable()
    return image

"""Colour profiles by name, as Photoshop, GIMP and others write them (standard library only).

What the names stand for is in edit/color/profiles.py; the daemon knows by them what a worker can do.
"""

from __future__ import annotations

import re

from ..errors import BridgeError, ErrorCode

RGB = (
    "sRGB",
    "Linear sRGB",
    "Adobe RGB (1998)",
    "Linear Adobe RGB (1998)",
    "Display P3",
    "Linear Display P3",
    "ProPhoto RGB",
    "Linear ProPhoto RGB",
    "Linear Rec2020",
    "Apple RGB",
    "Linear Apple RGB",
    "ColorMatch RGB",
    "Linear ColorMatch RGB",
)
GRAY = ("Gray Gamma 2.2", "Gray Gamma 1.8", "Gray sRGB", "Gray Linear", "Gray Lightness")
ALIASES: dict[str, str] = {
    "srgb iec61966-2.1": "sRGB",
    "srgb built-in": "sRGB",
    "gimp built-in srgb": "sRGB",
    "gimp built-in linear srgb": "Linear sRGB",
    "linear srgb built-in": "Linear sRGB",
    "srgb (linear)": "Linear sRGB",
    "adobe rgb": "Adobe RGB (1998)",
    "adobergb": "Adobe RGB (1998)",
    "adobergb1998": "Adobe RGB (1998)",
    "compatible with adobe rgb (1998)": "Adobe RGB (1998)",
    "p3": "Display P3",
    "image p3": "Display P3",
    "romm-rgb": "ProPhoto RGB",
    "romm rgb": "ProPhoto RGB",
    "prophoto": "ProPhoto RGB",
    "rec2020 linear": "Linear Rec2020",
    "linear rec.2020": "Linear Rec2020",
    "linear rec. 2020": "Linear Rec2020",
    "sgray": "Gray sRGB",
    "gimp built-in d65 grayscale with srgb trc": "Gray sRGB",
    "gimp built-in d65 linear grayscale": "Gray Linear",
    "linear gray": "Gray Linear",
    "gimp built-in d50 grayscale with lab l trc": "Gray Lightness",
}


_BY_LOWER = {name.lower(): name for name in RGB + GRAY} | ALIASES
_LINEAR = re.compile(r"\s*\(linear[^)]*\)$")


def known_name(name: str) -> str | None:
    """The one of RGB or GRAY that `name` means, in any case of letters; None: unknown.

    Photoshop appends "(Linear RGB Profile)" in 32-bit documents, whose values are linear in the space named before it.
    """
    key = " ".join(name.lower().split())
    if key in _BY_LOWER:
        return _BY_LOWER[key]
    base = _BY_LOWER.get(_LINEAR.sub("", key))
    if base is None or base == key:
        return None
    return "Gray Linear" if base in GRAY else base if base.startswith("Linear ") else f"Linear {base}"


def check_name(name: str, gray: bool | None) -> str:
    """The name that is meant. gray: what the image is; None: there is none.

    Raises BridgeError (unsupported) with what the user can do: unknown names, and those of the other kind.
    """
    known = known_name(name)
    if known is None:
        raise _unknown(name)
    if gray is None or known == "sRGB" or (known in GRAY) == gray:
        return known
    raise mismatch(f"“{name}”", gray)


def mismatch(named: str, gray: bool) -> BridgeError:
    """named: how the sentence calls the profile. gray: what the image is."""
    kinds = ("colour images", "grayscale") if gray else ("grayscale images", "colour")
    return BridgeError(
        ErrorCode.UNSUPPORTED,
        f"The colour profile {named} is for {kinds[0]}, and this image is {kinds[1]}. "
        "Assign the image a profile of its own kind, and try again.",
    )


def _unknown(name: str) -> BridgeError:
    shown = name if len(name) <= 80 else name[:80] + "…"
    if "dot gain" in name.lower():
        way = "Convert the image to the profile “Gray Gamma 2.2”, or work on a copy that is."
    else:
        way = "Convert the image, or a copy of it, to sRGB, Adobe RGB (1998), Display P3 or ProPhoto RGB."
    return BridgeError(ErrorCode.UNSUPPORTED, f"The colour profile “{shown}” is not known by its name. {way}")

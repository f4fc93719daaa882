"""What Exif says of a picture: the right way up, and Adobe RGB of cameras that embed no profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from .picture import DAMAGE
from .profile import ADOBE_RGB, ADOBE_RGB_GAMMA, make_profile

ORIENTATION, EXIF_IFD, COLOR_SPACE, INTEROPERABILITY_IFD, INDEX = 0x0112, 0x8769, 0xA001, 0xA005, 1
UNCALIBRATED, ADOBE = 0xFFFF, 2  # 2 is in no standard, and some cameras write it


@dataclass(frozen=True)
class Exif:
    """orientation: 1 to 8. is_adobe_rgb: by DCF 2.0 (CIPA DC-009), 3.3.5. is_damaged: it could not be read."""

    orientation: int = 1
    is_adobe_rgb: bool = False
    is_damaged: bool = False

    def profile(self, path: Path, gray: bool) -> tuple[bytes | None, tuple[str, ...]]:
        """For a picture without a profile of its own: one that says what Exif does, and a note."""
        if not self.is_adobe_rgb:
            return None, ()
        note = f"{path} tells by Exif alone that its colours are Adobe RGB; a profile that says so is used and written."
        return make_profile(gray, ADOBE_RGB, ADOBE_RGB_GAMMA), (note,)

    def notes(self, path: Path) -> tuple[str, ...]:
        if not self.is_damaged:
            return ()
        return (f"{path} has Exif data that is damaged; it is left out. If the picture lies on its side, turn it.",)


def read_exif(read: Callable[[], Image.Exif]) -> Exif:
    """read: gives Pillow's Exif, and raises what Pillow raises where it is damaged."""
    try:
        found = read()
        orientation = found.get(ORIENTATION, 1)
        space = found.get_ifd(EXIF_IFD).get(COLOR_SPACE)
        index = found.get_ifd(INTEROPERABILITY_IFD).get(INDEX, "")
    except (*DAMAGE, OSError):
        return Exif(is_damaged=True)
    is_adobe = space == ADOBE or (space == UNCALIBRATED and str(index).startswith("R03"))
    return Exif(orientation if orientation in range(1, 9) else 1, is_adobe)


def exif_of(data: bytes) -> Exif:
    """data: Exif as it lies in a file, from its byte order on."""

    def read() -> Image.Exif:
        exif = Image.Exif()
        exif.load(b"Exif\0\0" + data)
        return exif

    return read_exif(read)

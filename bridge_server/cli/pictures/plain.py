"""JPEG, WebP and whatever else Pillow reads: 8 bits a channel, with the profile and the right way up."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ...errors import BridgeError, ErrorCode
from ...pillow_limit import without_pillow_limit
from .exif import read_exif
from .picture import DAMAGE, Picture, channels_last, check_size, damaged, unsupported, upright
from .profile import fitting_profile
from .resolution import Resolution, plausible, turned

READABLE = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "I;16B", "I;16L"})
MODE_NAMES = {"CMYK": "CMYK", "LAB": "Lab", "F": "floating-point", "I": "32-bit gray", "HSV": "HSV", "YCbCr": "YCbCr"}
MAYBE_DEEPER = frozenset({"JPEG2000", "PPM", "SGI", "AVIF"})  # of which Pillow gives 8 bits of RGB
NETPBM_HEADER = re.compile(rb"P\d(?:\s|#[^\n]*\n)+(?:\d+(?:\s|#[^\n]*\n)+){2}(\d+)\s")
SAVE_AS = "Open it in an editor and save it as PNG or TIFF."
NOT_READ = (  # where in the file, what is there, what it is
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"ftyphev", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIC picture"),
    (4, b"ftypmsf1", "a HEIC picture"),
    (4, b"ftypcrx ", "a raw camera file"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (0, b"gimp xcf ", "a GIMP document (XCF)"),
    (0, b"FUJIFILMCCD-RAW", "a raw camera file"),
    (0, b"%PDF", "a PDF document"),
    (0, b"#?RADIANCE", "a Radiance HDR picture"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<?xml", "an SVG drawing or another XML file"),
)


def read_plain(path: Path) -> Picture:
    """Raises BridgeError (invalid_request, too_many_pixels, unsupported)."""
    image = _open(path)
    exif = read_exif(image.getexif)
    pixels = upright(channels_last(_values(image)), exif.orientation)
    gray = pixels.shape[2] < 3
    profile, notes = fitting_profile(path, image.info.get("icc_profile"), gray)
    if profile is None and not notes:
        profile, notes = exif.profile(path, gray)
    notes = (*notes, *exif.notes(path), *_more(path, image, pixels))
    return Picture(pixels, "other", profile, resolution=turned(_resolution(image), exif.orientation), notes=notes)


def _resolution(image: Image.Image) -> Resolution | None:
    """Of JPEG, by its own header or by Exif, and of what else Pillow finds one in."""
    try:
        across, down = image.info["dpi"]
        return plausible(float(across), float(down))
    except (*DAMAGE, OSError):
        return None


def _more(path: Path, image: Image.Image, pixels: np.ndarray) -> tuple[str, ...]:
    """What the file has and the picture has not."""
    notes: tuple[str, ...] = ()
    if image.format == "PSD":
        notes = (f"{path} is a Photoshop document; what is visible of it is used, without its layers.",)
    elif _frames(image) > 1:
        kind = "pictures" if image.format == "MPO" else "frames"
        notes = (f"{path} has several {kind}; only the first is used.",)
    if image.format in MAYBE_DEEPER and pixels.dtype == np.uint8 and not _is_netpbm_of_8_bits(path):
        notes = (*notes, f"{path} is read with 8 bits a channel. If it has more, save it as PNG or TIFF first.")
    return notes


def _frames(image: Image.Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except (*DAMAGE, OSError):
        return 1


def _is_netpbm_of_8_bits(path: Path) -> bool:
    """By the greatest value that the header of a PGM or PPM tells."""
    with path.open("rb") as file:
        header = NETPBM_HEADER.match(file.read(1024))
    return header is not None and int(header[1]) <= 255


def _values(image: Image.Image) -> np.ndarray:
    if image.mode == "I" or image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)
    is_clear = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
    kind = "L" if image.mode in ("1", "L", "LA") else "RGB"
    return np.asarray(image.convert({"L": "LA", "RGB": "RGBA"}[kind] if is_clear else kind))


def _open(path: Path) -> Image.Image:
    try:
        with without_pillow_limit():
            image = Image.open(path)
            check_size(path, *image.size)
            image.load()
    except UnidentifiedImageError:
        raise _not_read(path) from None
    except OSError as error:
        if error.filename:
            raise
        raise damaged(path, error) from None
    except DAMAGE as error:
        raise damaged(path, error) from None
    is_gray_of_16_bits = image.mode == "I" and image.format == "PPM"
    if image.mode not in READABLE and not is_gray_of_16_bits:
        name = MODE_NAMES.get(image.mode, image.mode)
        raise unsupported(path, f"is a {name} picture", "Convert it to RGB or gray in an editor and try again.")
    return image


def _not_read(path: Path) -> BridgeError:
    with path.open("rb") as file:
        start = file.read(32)
    for place, signature, what in NOT_READ:
        if start[place:].startswith(signature):
            return unsupported(path, f"is {what}, which cannot be read", SAVE_AS)
    return BridgeError(ErrorCode.INVALID_REQUEST, f"{path} is not a picture file that can be read.")

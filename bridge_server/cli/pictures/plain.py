"""JPEG, WebP and whatever else Pillow reads: 8 bits a channel, with the profile and the right way up."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ...errors import BridgeError, ErrorCode
from .picture import DAMAGE, Picture, channels_last, check_size, damaged, unsupported
from .profile import fitting_profile

READABLE = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "I;16B", "I;16L"})
MODE_NAMES = {"CMYK": "CMYK", "LAB": "Lab", "F": "floating-point", "I": "32-bit gray", "HSV": "HSV", "YCbCr": "YCbCr"}
MAYBE_DEEPER = frozenset({"JPEG2000", "PPM", "SGI", "AVIF"})  # of which Pillow gives 8 bits of RGB


def read_plain(path: Path) -> Picture:
    """Raises BridgeError (invalid_request, too_many_pixels, unsupported)."""
    image = _open(path)
    turned = ImageOps.exif_transpose(image)
    pixels = channels_last(_values(turned))
    profile, notes = fitting_profile(path, image.info.get("icc_profile"), gray=pixels.shape[2] < 3)
    if getattr(image, "n_frames", 1) > 1:
        notes = (*notes, f"{path} has several frames; only the first is used.")
    if image.format in MAYBE_DEEPER and pixels.dtype == np.uint8:
        notes = (*notes, f"{path} is read with 8 bits a channel. If it has more, save it as PNG or TIFF first.")
    return Picture(pixels, "other", profile, notes=notes)


def _values(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)
    is_clear = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
    kind = "L" if image.mode in ("1", "L", "LA") else "RGB"
    return np.asarray(image.convert({"L": "LA", "RGB": "RGBA"}[kind] if is_clear else kind))


@contextlib.contextmanager
def _unlimited() -> Iterator[None]:
    """Pillow's limit of pixels, which holds for the whole process, gives way to check_size for the user's own file."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _open(path: Path) -> Image.Image:
    try:
        with _unlimited():
            image = Image.open(path)
            check_size(path, *image.size)
            image.load()
    except UnidentifiedImageError:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{path} is not a picture file that can be read.") from None
    except OSError as error:
        if error.filename:
            raise
        raise damaged(path, error) from None
    except DAMAGE as error:
        raise damaged(path, error) from None
    if image.mode not in READABLE:
        name = MODE_NAMES.get(image.mode, image.mode)
        raise unsupported(path, f"is a {name} picture", "Convert it to RGB or gray in an editor and try again.")
    return image

"""Reads a picture file of any kind, told by its first bytes, and a mask."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import BridgeError, ErrorCode
from ...plan.bounds import Bounds
from .exr import SIGNATURE as EXR
from .exr import read_exr
from .picture import Picture, full_of, has_alpha, straight, unsupported
from .plain import read_plain
from .png import SIGNATURE as PNG
from .png import read_png
from .tiff import read_tiff

TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
COLORED = 48  # of 255 between the channels of a pixel: more than JPEG makes of gray
COLORS = 1e-4  # the share of such pixels from which on a mask is a picture in colours
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as editors make gray of a mask


def read_picture(path: Path) -> Picture:
    """A picture in its file's own depth and colours.

    Raises BridgeError (unsupported, invalid_request, too_many_pixels) for what cannot be read without loss, OSError
    for no file.
    """
    if path.is_dir():
        raise unsupported(path, "is a folder, not a picture", "Name a picture in it.")
    if path.exists() and not path.is_file():
        raise unsupported(path, "is a pipe or a device, not a file", "Save the picture to a file and name that.")
    with path.open("rb") as file:
        start = file.read(8)
    kinds = ((PNG, read_png), (TIFFS, read_tiff), (EXR, read_exr))
    read = next((read for signature, read in kinds if start.startswith(signature)), read_plain)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries' makers, for programmers
            return read(path)
    except MemoryError:
        raise BridgeError(
            ErrorCode.TOO_MANY_PIXELS, f"{path} does not fit into this machine's memory. Crop it in an editor."
        ) from None


def read_mask(path: Path, size: Bounds) -> NDArray[np.uint8]:
    """(H, W) uint8, 255 = repaint: the gray value, or the opacity where all that is visible has one colour.

    Deeper masks are rounded. Raises BridgeError (invalid_request) where it is not as large as the image, has both tones
    and transparency, or is a picture in colours, whose gray values would select by halves.
    """
    picture = read_picture(path)
    height, width = picture.pixels.shape[:2]
    if (width, height) != (size.width, size.height):
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"The mask {path} is {width}x{height} pixels, the image {size.width}x{size.height}. "
            "They must be of the same size.",
        )
    pixels = straight(picture.pixels) if picture.premultiplied else picture.pixels
    eight = np.rint(np.clip(np.nan_to_num(pixels / np.float32(full_of(pixels))), 0, 1) * 255).astype(np.uint8)
    colors = eight[:, :, :-1] if has_alpha(eight) else eight
    gray = colors[:, :, 0] if colors.shape[2] == 1 else np.rint(colors @ np.array(LUMA)).astype(np.uint8)
    if not has_alpha(eight) or eight[:, :, -1].min() == 255:
        _check_colors(path, colors)
        return np.ascontiguousarray(gray)
    alpha = eight[:, :, -1]
    visible = gray[alpha > 0]
    if visible.size and visible.min() != visible.max():
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"The mask {path} has both tones and transparency, so it is not clear what is selected. "
            "Save it as a gray picture: white is repainted, black stays.",
        )
    return np.ascontiguousarray(alpha)


def _check_colors(path: Path, colors: NDArray[np.uint8]) -> None:
    """colours: (H, W, 1 or 3). A red or blue mask is as dark as a third or a tenth of white, and selects as little."""
    colored = np.count_nonzero(colors.max(axis=2) - colors.min(axis=2) > COLORED)
    if colored > COLORS * colors.shape[0] * colors.shape[1]:
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"The mask {path} has colours, so it is not clear what is selected. Save it as a gray picture: white is "
            "repainted, black stays. If it is the picture itself, the image and the mask are swapped.",
        )

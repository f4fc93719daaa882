"""TIFF 6.0 and BigTIFF: 8 and 16 bit, 16 and 32-bit float, gray and RGB, chunky and planar, both kinds of alpha."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .picture import DAMAGE, Picture, Pixels, check_size, damaged, left_out, to_half, unsupported, upright
from .profile import fitting_profile
from .resolution import INCHES, Resolution, of_tags, turned

if TYPE_CHECKING:
    from tifffile import TiffPage

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, SEPARATED, YCBCR = 0, 1, 2, 3, 5, 6
PHOTOMETRICS = {SEPARATED: "a CMYK", 8: "a Lab", 9: "a Lab", 10: "a Lab"}
RAW = (32803, 34892)  # photometric interpretations: colour filter array, linear raw
JPEG = 7
ASSOCIATED, UNASSOCIATED = 1, 2  # values of ExtraSamples
ORIENTATION, ICC_PROFILE, DNG_VERSION = 274, 34675, 50706
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
DEPTHS = ("uint8", "uint16", "float16", "float32")
SAVE_AS_RGB = "Convert it to RGB or gray in an editor and try again."


def read_tiff(path: Path) -> Picture:
    """The first page, the right way up. Raises BridgeError (invalid_request, too_many_pixels, unsupported)."""
    import tifffile

    try:
        with _unlogged(), tifffile.TiffFile(path) as file:
            every = [each.aspage() for each in file.pages]
            if any(_is_raw(page) for page in every):
                raise unsupported(path, "is a raw camera file", "Develop it and save it as 16-bit TIFF.")
            pages = [page for page in every if not page.is_reduced] or every[:1]
            page = pages[0]
            _check(path, page)
            check_size(path, page.imagewidth, page.imagelength)
            values = page.asarray()
            profile = page.tags.valueof(ICC_PROFILE)
            orientation = page.tags.valueof(ORIENTATION, default=1)
            resolution = turned(_resolution(page), orientation)
            values = _deep_enough(path, page, values)
            pixels, associated, extra = _channels(page, values)
            if pixels.ndim != 3:
                raise ValueError("its palette is not complete")
    except DAMAGE as error:
        raise damaged(path, error) from None
    half = pixels.dtype == np.float16
    profile, notes = fitting_profile(path, profile, gray=pixels.shape[2] < 3)
    if profile is None and not notes and pixels.dtype.kind == "f":
        notes = (f"{path} has floating-point values without a profile; they are taken as sRGB, with its curve.",)
    if len(pages) > 1:
        notes = (*notes, f"{path} has {len(pages)} pages; only the first is used.")
    if extra:
        notes = (*notes, left_out(path, extra))
    pixels = upright(pixels.astype(np.float32) if half else pixels, orientation)
    return Picture(pixels, "tiff", profile, half=half, premultiplied=associated, resolution=resolution, notes=notes)


def write_tiff(
    path: Path,
    pixels: Pixels,
    profile: bytes | None,
    resolution: Resolution | None = None,
    *,
    half: bool,
    premultiplied: bool,
) -> None:
    """(H, W, 1 to 4) of any depth; premultiplied: says so of the alpha."""
    import tifffile

    stored = to_half(pixels) if half else pixels
    kind = ["assocalpha" if premultiplied else "unassalpha"] if pixels.shape[2] in (2, 4) else None
    tifffile.imwrite(
        path,
        stored[:, :, 0] if stored.shape[2] == 1 else stored,
        photometric="rgb" if stored.shape[2] > 2 else "minisblack",
        planarconfig="contig" if stored.shape[2] > 1 else None,
        extrasamples=kind,
        compression="adobe_deflate",
        compressionargs={"level": 1},
        predictor=True,
        iccprofile=profile,
        resolution=resolution,
        resolutionunit="INCH" if resolution else None,
        metadata=None,
        software="Layerbridge",
    )


def _resolution(page: TiffPage) -> Resolution | None:
    across, down = (page.tags.valueof(tag) for tag in (X_RESOLUTION, Y_RESOLUTION))
    return of_tags(across, down, page.tags.valueof(RESOLUTION_UNIT, default=INCHES))


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """Without tifffile's own warnings: what it warns of is said here, in a sentence."""
    log = logging.getLogger("tifffile")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)


def _is_raw(page: TiffPage) -> bool:
    """A DNG, or a camera's own kind: a small picture with the sensor's values beneath it (TIFF/EP, ISO 12234-2)."""
    if DNG_VERSION in page.tags or page.photometric in RAW:
        return True
    return any(_is_raw(beneath.aspage()) for beneath in page.pages or ())


def _check(path: Path, page: TiffPage) -> None:
    photometric = int(page.photometric)
    if photometric == YCBCR and int(page.compression) != JPEG:
        raise unsupported(path, "has its colours as YCbCr", SAVE_AS_RGB)
    if photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR):
        raise unsupported(path, f"is {PHOTOMETRICS.get(photometric, 'an unusual')} picture", SAVE_AS_RGB)
    if page.axes not in ("YX", "YXS", "SYX"):
        raise unsupported(path, "is not a flat picture but a volume", "Save one of its planes as a picture.")


def _deep_enough(path: Path, page: TiffPage, values: NDArray[Any]) -> NDArray[Any]:
    """Values of a depth that can be kept; 1 to 7 bits a channel are stretched to 8."""
    if int(page.photometric) == PALETTE:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    bits = page.bitspersample
    if not isinstance(bits, int):
        raise unsupported(path, "has channels of different depths", SAVE_AS_RGB)
    if values.dtype == np.uint8 and bits < 8:
        return np.rint(values * (255 / (2**bits - 1))).astype(np.uint8)
    if values.dtype.name not in DEPTHS or bits not in (8, 16, 32):
        what = {"f": "floating-point", "u": "whole-number", "i": "signed"}.get(values.dtype.kind, "complex")
        raise unsupported(
            path,
            f"has {bits}-bit {what} values, which cannot be kept exactly",
            "Save it with 8 or 16 bits a channel, or as 32-bit floating point.",
        )
    return values


def _channels(page: TiffPage, values: NDArray[Any]) -> tuple[Pixels, bool, int]:
    """(H, W, 1 to 4), whether its alpha is associated, and how many channels were left out."""
    samples = np.moveaxis(values, 0, 2) if page.axes == "SYX" else values.reshape(*values.shape[:2], -1)
    photometric = int(page.photometric)
    colors = 3 if photometric in (RGB, YCBCR) else 1
    if samples.shape[2] < colors:
        raise ValueError(f"it has {samples.shape[2]} channels where {colors} are needed")
    kinds = [int(kind) for kind in page.extrasamples]
    found = next((index for index, kind in enumerate(kinds) if kind in (ASSOCIATED, UNASSOCIATED)), None)
    color = samples[:, :, :colors]
    if photometric == PALETTE:
        color = _looked_up(page, color[:, :, 0])
    if photometric == WHITE_IS_ZERO:
        color = 1 - color if color.dtype.kind == "f" else np.iinfo(color.dtype).max - color
    extra = samples.shape[2] - colors
    if found is None or found >= extra:
        return color, False, extra
    alpha = samples[:, :, colors + found]
    return np.dstack([color, alpha]), kinds[found] == ASSOCIATED, extra - 1


def _looked_up(page: TiffPage, index: NDArray[Any]) -> Pixels:
    """The palette's colours: 8 bit, where its 16-bit entries are 8-bit ones written twice or times 256."""
    palette = np.asarray(page.colormap, np.uint16).T
    low = palette & 255
    return (palette >> 8).astype(np.uint8)[index] if ((low == 0) | (low == palette >> 8)).all() else palette[index]

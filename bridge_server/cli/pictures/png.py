"""PNG (third edition, W3C 2025): all its depths and colour chunks; written with an ICC profile and a resolution."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...png_file import encode_png
from ...protocol.limits import MAX_PROFILE_BYTES
from .exif import Exif, exif_of
from .picture import DAMAGE, Picture, Pixels, channels_last, check_size, damaged, unsupported, upright
from .profile import (
    BT2020,
    DISPLAY_P3,
    SRGB,
    Chromaticities,
    fitting_profile,
    is_near,
    make_profile,
)
from .resolution import Resolution, of_phys, phys_of, turned

SIGNATURE = b"\x89PNG\r\n\x1a\n"
IMAGE_DATA = (b"IDAT", b"fdAT")
DECODED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")  # libpng prints warnings about the others on standard error
PRIMARIES = {1: SRGB, 9: BT2020, 12: DISPLAY_P3}  # ITU-T H.273, table 2
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0, 13: None}  # ITU-T H.273, table 3; None: sRGB's own curve
HDR = {16: "PQ", 18: "HLG"}
LEAST_GAMUT = 1e-3  # twice the area of the triangle of primaries in x and y; sRGB's is 0.22
USUAL_GAMMA = (0.43, 0.48)  # gAMA of 1/2.2 is how programs say sRGB


@dataclass(frozen=True)
class Colors:
    """What the values mean: a profile (None: sRGB), and a note where that was not plainly said.

    is_known: False where it could not be read, so that something else may say it.
    """

    profile: bytes | None = None
    notes: tuple[str, ...] = ()
    is_known: bool = True


def read_png(path: Path) -> Picture:
    """Raises BridgeError (invalid_request, too_many_pixels, unsupported)."""
    import imagecodecs

    data = path.read_bytes()
    try:
        parts = list(_chunks(data))
        chunks = {name: bytes(part[8:-4]) for name, part in reversed(parts) if name not in IMAGE_DATA}
        width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
        check_size(path, width, height)
        plain = b"".join(part for name, part in parts if name in DECODED)
        pixels = channels_last(imagecodecs.png_decode(SIGNATURE + plain))
    except DAMAGE as error:
        raise damaged(path, error) from None
    exif = exif_of(chunks[b"eXIf"]) if b"eXIf" in chunks else Exif()
    colors = _colors(path, chunks, exif, gray=pixels.shape[2] < 3)
    pixels = upright(pixels, exif.orientation)
    notes = (*colors.notes, *exif.notes(path))
    if b"acTL" in chunks:
        notes = (*notes, f"{path} has several frames; only the first is used.")
    resolution = turned(of_phys(chunks.get(b"pHYs", b"")), exif.orientation)
    return Picture(pixels, "png", colors.profile, resolution=resolution, notes=notes)


def write_png(path: Path, pixels: Pixels, profile: bytes | None, resolution: Resolution | None = None) -> None:
    """(H, W, 1 to 4) uint8 or uint16, straight alpha."""
    with path.open("wb") as file:
        for part in encode_png(pixels, profile, None if resolution is None else phys_of(resolution)):
            file.write(part)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and whole of each chunk: length, name, content, checksum."""
    whole = memoryview(data)
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, whole[at : at + length + 12]
        at += length + 12


def _colors(path: Path, chunks: dict[bytes, bytes], exif: Exif, gray: bool) -> Colors:
    """cICP before iCCP before sRGB before gAMA and cHRM, as the specification ranks them (4.3), and Exif after all.

    A chunk that is not understood gives way to the next, as browsers and libpng let it, and only a picture for which
    none is left is told of.
    """
    ways = (_by_cicp, _by_profile, _by_srgb, _by_gamma)
    notes: tuple[str, ...] = ()
    for way in ways:
        found = way(path, chunks, gray)
        if found is None:
            continue
        if found.is_known:
            return found
        notes += found.notes
    return Colors(*exif.profile(path, gray)) if exif.is_adobe_rgb else Colors(None, notes)


def _by_profile(path: Path, chunks: dict[bytes, bytes], gray: bool) -> Colors | None:
    if b"iCCP" not in chunks:
        return None
    _, _, compressed = chunks[b"iCCP"].partition(b"\0")
    profile, notes = fitting_profile(path, _inflated(compressed[1:]), gray)
    return Colors(profile, notes, is_known=profile is not None)


def _by_srgb(path: Path, chunks: dict[bytes, bytes], gray: bool) -> Colors | None:
    return Colors() if b"sRGB" in chunks else None


def _inflated(compressed: bytes) -> bytes:
    """The profile; what is not one, or is endless, comes back as something that no check will pass."""
    try:
        return zlib.decompressobj().decompress(compressed, MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return b"damaged"


def _by_cicp(path: Path, chunks: dict[bytes, bytes], gray: bool) -> Colors | None:
    """None where it says no more than sRGB, so that a profile may say it better. Raises BridgeError (unsupported)."""
    if b"cICP" not in chunks:
        return None
    primaries, transfer, matrix, full = chunks[b"cICP"].ljust(4, b"\xff")[:4]
    if transfer in HDR:
        raise unsupported(
            path,
            f"is an HDR picture ({HDR[transfer]})",
            "Save it as OpenEXR or as a floating-point TIFF, whose values need no such curve.",
        )
    if primaries not in PRIMARIES or transfer not in GAMMAS or matrix != 0 or full != 1:
        return _not_known(path, "cICP")
    if (primaries, transfer) == (1, 13):
        return None
    return Colors(make_profile(gray, PRIMARIES[primaries], GAMMAS[transfer]), (_made(path, "cICP"),))


def _by_gamma(path: Path, chunks: dict[bytes, bytes], gray: bool) -> Colors | None:
    """sRGB, unless gAMA or cHRM are clearly of something else. None: neither is there."""
    if b"gAMA" not in chunks and b"cHRM" not in chunks:
        return None
    exponent = 1 / 2.2
    if b"gAMA" in chunks:
        if len(chunks[b"gAMA"]) < 4:
            return _not_known(path, "gAMA")
        exponent = struct.unpack(">I", chunks[b"gAMA"][:4])[0] / 100000
    colors = _chromaticities(chunks.get(b"cHRM"))
    if colors is None:
        return _not_known(path, "cHRM")
    usual = USUAL_GAMMA[0] < exponent < USUAL_GAMMA[1] or exponent == 0
    if usual and (gray or is_near(colors, SRGB)):
        return Colors()
    gamma = None if exponent == 0 or b"gAMA" not in chunks else 1 / exponent
    try:
        profile = make_profile(gray, colors, gamma)
    except DAMAGE:
        return _not_known(path, "gAMA and cHRM")
    return Colors(profile, (_made(path, "gAMA and cHRM"),))


def _chromaticities(chunk: bytes | None) -> Chromaticities | None:
    """Of cHRM, sRGB's where there is none. None: three points that span no colours, or a white of no light."""
    if chunk is None:
        return SRGB
    if len(chunk) < 32:
        return None
    x = [value / 100000 for value in struct.unpack(">8I", chunk[:32])]
    area = (x[4] - x[2]) * (x[7] - x[3]) - (x[6] - x[2]) * (x[5] - x[3])
    return (*x[2:], *x[:2]) if abs(area) > LEAST_GAMUT and x[1] > 0 else None


def _not_known(path: Path, chunk: str) -> Colors:
    note = f"{path} describes its colours in a way that is not known here ({chunk}); sRGB is assumed."
    return Colors(None, (note,), is_known=False)


def _made(path: Path, chunk: str) -> str:
    return f"{path} tells its colours without a profile ({chunk}); a profile that says the same is used and written."

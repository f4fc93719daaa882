"""PNG (third edition, W3C 2025): all its depths, its colour chunks, and its ICC profile in what is written."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .picture import DAMAGE, Picture, Pixels, channels_last, check_size, damaged, unsupported, upright
from .profile import (
    BT2020,
    DISPLAY_P3,
    MAX_PROFILE_BYTES,
    SRGB,
    Chromaticities,
    fitting_profile,
    is_near,
    make_profile,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_END = 33  # signature and IHDR
IMAGE_DATA = (b"IDAT", b"fdAT")
DECODED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")  # libpng prints warnings about the others on standard error
LEVEL = 1  # the pictures are often large; a higher level takes several times as long for a tenth less
FILTER_SUB = 8 << 1  # libpng's mask of filters; trying all for each row takes twice as long for nothing
RUNS_ONLY = 3  # zlib's strategy: 16-bit values hardly repeat but in flat areas, and looking takes three times as long
PRIMARIES = {1: SRGB, 9: BT2020, 12: DISPLAY_P3}  # ITU-T H.273, table 2
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0, 13: None}  # ITU-T H.273, table 3; None: sRGB's own curve
HDR = {16: "PQ", 18: "HLG"}
USUAL_GAMMA = (0.43, 0.48)  # gAMA of 1/2.2 is how programs say sRGB


@dataclass(frozen=True)
class Colours:
    """What the values mean: a profile (None: sRGB), and a note where that was not plainly said."""

    profile: bytes | None = None
    notes: tuple[str, ...] = ()


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
        colours = _colours(path, chunks, gray=pixels.shape[2] < 3)
        pixels = upright(pixels, _orientation(chunks))
    except DAMAGE as error:
        raise damaged(path, error) from None
    notes = colours.notes
    if b"acTL" in chunks:
        notes = (*notes, f"{path} has several frames; only the first is used.")
    return Picture(pixels, "png", colours.profile, notes=notes)


def write_png(path: Path, pixels: Pixels, profile: bytes | None) -> None:
    """(H, W, 1 to 4) uint8 or uint16, straight alpha."""
    import imagecodecs

    gray = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    strategy = RUNS_ONLY if pixels.dtype == np.uint16 else None
    data = imagecodecs.png_encode(np.ascontiguousarray(gray), level=LEVEL, filter=FILTER_SUB, strategy=strategy)
    with path.open("wb") as file:
        file.write(data[:HEADER_END])
        if profile:
            file.write(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)))
        file.write(memoryview(data)[HEADER_END:])


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and whole of each chunk: length, name, content, checksum."""
    whole = memoryview(data)
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, whole[at : at + length + 12]
        at += length + 12


def _orientation(chunks: dict[bytes, bytes]) -> int:
    from PIL import Image

    exif = Image.Exif()
    if b"eXIf" in chunks:
        exif.load(b"Exif\0\0" + chunks[b"eXIf"])
    return exif.get(0x0112, 1)


def _colours(path: Path, chunks: dict[bytes, bytes], gray: bool) -> Colours:
    """cICP before iCCP before sRGB before gAMA and cHRM, as the specification ranks them (4.3)."""
    if b"cICP" in chunks:
        found = _from_cicp(path, *chunks[b"cICP"][:4], gray=gray)
        if found is not None:
            return found
    if b"iCCP" in chunks:
        _, _, compressed = chunks[b"iCCP"].partition(b"\0")
        return Colours(*fitting_profile(path, _inflated(compressed[1:]), gray))
    if b"sRGB" in chunks:
        return Colours()
    return _from_gamma(path, chunks, gray)


def _inflated(compressed: bytes) -> bytes:
    """The profile; what is not one, or is endless, comes back as something that no check will pass."""
    try:
        return zlib.decompressobj().decompress(compressed, MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return b"damaged"


def _from_cicp(path: Path, primaries: int, transfer: int, matrix: int, full: int, *, gray: bool) -> Colours | None:
    """None where it says no more than sRGB, so that a profile may say it better."""
    if transfer in HDR:
        raise unsupported(
            path,
            f"is an HDR picture ({HDR[transfer]})",
            "Save it as OpenEXR or as a floating-point TIFF, whose values need no such curve.",
        )
    if primaries not in PRIMARIES or transfer not in GAMMAS or matrix != 0 or full != 1:
        return Colours(
            None, (f"{path} describes its colours in a way that is not known here (cICP); sRGB is assumed.",)
        )
    if (primaries, transfer) == (1, 13):
        return None
    return Colours(make_profile(gray, PRIMARIES[primaries], GAMMAS[transfer]), (_made(path, "cICP"),))


def _from_gamma(path: Path, chunks: dict[bytes, bytes], gray: bool) -> Colours:
    """sRGB, unless gAMA or cHRM are clearly of something else."""
    exponent = struct.unpack(">I", chunks[b"gAMA"])[0] / 100000 if b"gAMA" in chunks else 1 / 2.2
    colours = _chromaticities(chunks)
    usual = USUAL_GAMMA[0] < exponent < USUAL_GAMMA[1] or exponent == 0
    if usual and (gray or is_near(colours, SRGB)):
        return Colours()
    gamma = None if exponent == 0 or b"gAMA" not in chunks else 1 / exponent
    return Colours(make_profile(gray, colours, gamma), (_made(path, "gAMA and cHRM"),))


def _chromaticities(chunks: dict[bytes, bytes]) -> Chromaticities:
    if b"cHRM" not in chunks:
        return SRGB
    white_first = [value / 100000 for value in struct.unpack(">8I", chunks[b"cHRM"])]
    return (*white_first[2:], *white_first[:2])


def _made(path: Path, chunk: str) -> str:
    return f"{path} tells its colours without a profile ({chunk}); a profile that says the same is used and written."

"""In which kind of file, depth and profile a result is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import BridgeError, ErrorCode
from .exr import write_exr
from .picture import Picture, Pixels, has_alpha, premultiplied, straight
from .png import write_png
from .resolution import Resolution
from .tiff import write_tiff

FORMATS = ("png", "tiff", "exr")


@dataclass(frozen=True)
class Target:
    """kind: one of FORMATS, which is also the file's suffix; the rest as in Picture."""

    kind: str
    profile: bytes | None = None
    half: bool = False
    chromaticities: tuple[float, ...] | None = None
    resolution: Resolution | None = None

    def save(self, path: Path, pixels: Pixels, *, multiplied: bool = False) -> None:
        """pixels: (H, W, 1 to 4); multiplied: the colours are multiplied by alpha. PNG is written straight, EXR
        multiplied, TIFF as it is. Raises OSError."""
        clear = has_alpha(pixels)
        if self.kind == "tiff":
            associated = multiplied and clear
            write_tiff(path, pixels, self.profile, self.resolution, half=self.half, premultiplied=associated)
        elif self.kind == "exr":
            stored = premultiplied(pixels) if clear and not multiplied else pixels
            write_exr(path, stored, self.chromaticities, self.resolution, half=self.half)
        else:
            write_png(path, straight(pixels) if multiplied and clear else pixels, self.profile, self.resolution)


def choose_target(document: Picture | None, wanted: str | None) -> Target:
    """Like the document where nothing else is wanted. Raises BridgeError (invalid_request) for what cannot hold it."""
    if document is None:
        kind = wanted or "png"
        if kind == "exr":
            raise BridgeError(
                ErrorCode.INVALID_REQUEST, "A new picture has 8 bits a channel: write it with --format png or tiff."
            )
        return Target(kind)
    kind = wanted or ("png" if document.kind == "other" else document.kind)
    is_float = document.pixels.dtype.kind == "f"
    if kind == "png" and is_float:
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            "PNG cannot hold the floating-point values of this picture: leave --format out, or write tiff.",
        )
    if kind == "exr" and document.kind != "exr":
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            "EXR holds linear values, and the image is no EXR file: leave --format out, or write tiff.",
        )
    half = document.half and kind == document.kind
    return Target(kind, document.profile, half, document.chromaticities, document.resolution)

"""OpenEXR: half and float, R G B or Y, with or without A; linear, and multiplied by alpha, as its authors define."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...plan.bounds import Bounds
from .canvas import onto_canvas
from .picture import DAMAGE, Picture, Pixels, check_size, damaged, left_out, to_half, unsupported
from .profile import SRGB, make_profile
from .resolution import Resolution, plausible

SIGNATURE = b"\x76\x2f\x31\x01"
SAVE_PLAIN = "Save it as a plain OpenEXR picture with the channels R, G, B and A, or Y and A."


def read_exr(path: Path) -> Picture:
    """The display window of the first part. Raises BridgeError (invalid_request, too_many_pixels, unsupported)."""
    import OpenEXR

    try:
        with _quietly():
            parts = OpenEXR.File(str(path), header_only=True).parts
            header = parts[0].header
        seen, stored = _window(header["displayWindow"]), _window(header["dataWindow"])
        for window in (seen, stored):
            check_size(path, window.width, window.height)
        if parts[0].type() not in (OpenEXR.scanlineimage, OpenEXR.tiledimage):
            raise unsupported(path, "is a deep picture, with many samples a pixel", "Flatten it and save it again.")
        with _quietly():
            channels = OpenEXR.File(str(path), separate_channels=True).parts[0].channels
        chosen = _chosen(path, channels)
        chromaticities = header.get("chromaticities")
        density = float(header.get("xDensity", 0.0))
        profile = make_profile(len(chosen) < 3, tuple(map(float, chromaticities or SRGB)), 1.0)
    except DAMAGE as error:
        raise damaged(path, error) from None
    pixels = np.dstack([channels[name].pixels for name in chosen])
    half = pixels.dtype == np.float16
    pixels = pixels.astype(np.float32)
    if stored != seen:
        pixels = onto_canvas(pixels, stored, seen)
    return Picture(
        pixels,
        "exr",
        profile,
        half=half,
        premultiplied="A" in chosen,
        chromaticities=chromaticities,
        resolution=plausible(density, density),
        notes=_notes(path, len(parts), len(channels) - len(chosen), stored.intersect(seen) != stored),
    )


def write_exr(
    path: Path,
    pixels: Pixels,
    chromaticities: tuple[float, ...] | None,
    resolution: Resolution | None = None,
    *,
    half: bool,
) -> None:
    """(H, W, 1 to 4) float32, linear, premultiplied. Raises OSError."""
    import OpenEXR

    names = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}[pixels.shape[2]]
    stored: NDArray[Any] = to_half(pixels) if half else pixels
    header: dict[str, Any] = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    if chromaticities is not None:
        header["chromaticities"] = chromaticities
    if resolution is not None:
        header["xDensity"] = float(resolution[0])  # pixels are square
    channels = {name: np.ascontiguousarray(stored[:, :, index]) for index, name in enumerate(names)}
    try:
        with _quietly():
            OpenEXR.File(header, channels).write(str(path))
    except RuntimeError as error:
        raise OSError(f"{path} could not be written: {error}") from error


def _window(corners: tuple[NDArray[np.int32], NDArray[np.int32]]) -> Bounds:
    """A window's corners are both inside it."""
    (left, top), (right, bottom) = corners
    return Bounds.from_edges(int(left), int(top), int(right) + 1, int(bottom) + 1)


def _chosen(path: Path, channels: dict[str, Any]) -> str:
    """RGB, RGBA, Y or YA."""
    colors = "RGB" if set("RGB") <= channels.keys() else "Y" if "Y" in channels else ""
    if not colors or (colors == "Y" and {"RY", "BY"} & channels.keys()):
        names = ", ".join(sorted(channels)[:8])
        raise unsupported(path, f"has no plain colour channels (it has: {names})", SAVE_PLAIN)
    chosen = colors + ("A" if "A" in channels else "")
    for name in chosen:
        channel = channels[name]
        if (channel.xSampling, channel.ySampling) != (1, 1) or channel.pixels.dtype.kind != "f":
            raise unsupported(path, f"has a channel {name} with fewer samples or whole numbers", SAVE_PLAIN)
    return chosen


def _notes(path: Path, parts: int, extra: int, is_cut: bool) -> tuple[str, ...]:
    said = {
        f"{path} has {parts} parts; only the first is used.": parts > 1,
        left_out(path, extra): extra > 0,
        f"{path} reaches beyond its display window; only what lies inside is used.": is_cut,
    }
    return tuple(sentence for sentence, holds in said.items() if holds)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """OpenEXR reports on standard output and error by itself, which scripts read: only its exceptions may speak."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        for number in kept:
            os.dup2(nowhere.fileno(), number)
        try:
            with contextlib.redirect_stdout(nowhere):
                yield
        finally:
            for number, copy in kept.items():
                os.dup2(copy, number)
                os.close(copy)

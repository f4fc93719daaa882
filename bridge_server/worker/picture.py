"""An artifact as a picture file, for programs that read no frames: `python -m bridge_server.worker.picture`.

A process of its own for each picture, so that it waits for no task, and the daemon decodes nothing. It needs no torch.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..durable import write_whole
from ..edit.color import FULL, has_alpha, to_working
from ..edit.color.profiles import icc_of
from ..errors import BridgeError, ErrorCode, FrameError
from ..faults import one_line_faults
from ..jobs.faults import storage_error
from ..png_file import encode_png, masked
from ..protocol.frame import Buffer, Frame, decode
from .watch import encode_jpeg

JPEG_QUALITY = 92
JPEG_SIDE = 65500  # pixels: the limit of libjpeg, JPEG_MAX_DIMENSION
ELEMENTS = {"U8": np.dtype("u1"), "U16": np.dtype("<u2"), "F32": np.dtype("<f4")}


def picture_file(frame: Frame, media_type: str) -> list[Buffer]:
    """The file, in pieces. media_type: image/png or image/jpeg.

    A layer has its layer mask in its alpha; a selection is gray, white is selected; a document is as it is. PNG keeps
    depth, profile and alpha; float becomes 16 bits, clipped to 0 to 1. JPEG is sRGB of 8 bits, what is transparent lies
    on white. Raises BridgeError (unsupported) for a text, and for a JPEG whose side would be too long.
    """
    pixels, profile = pixels_of(frame)
    if media_type == "image/png":
        named = icc_of(profile) if isinstance(profile, str) else profile
        return [*encode_png(_without_float(pixels), named)]
    if max(pixels.shape[:2]) > JPEG_SIDE:
        raise BridgeError(
            ErrorCode.UNSUPPORTED, f"A JPEG has sides of at most {JPEG_SIDE} pixels. Ask for image/png instead."
        )
    return [encode_jpeg(_as_looked_at(pixels, profile), JPEG_QUALITY)]


def pixels_of(frame: Frame) -> tuple[NDArray[Any], bytes | str | None]:
    """(H, W, 1 to 4) uint8, uint16 or float32, and their profile: ICC bytes, a name, or None for sRGB.

    Raises BridgeError (unsupported) where there are none.
    """
    arrays = {name: _array(frame, name) for name in ("image", "mask") if name in frame.header.tensors}
    image, mask = arrays.get("image"), arrays.get("mask")
    if image is None and mask is None:
        raise BridgeError(ErrorCode.UNSUPPORTED, "This artifact is no picture.")
    if image is None:
        assert mask is not None
        return mask[:, :, np.newaxis], None
    return image if mask is None else masked(image, mask), _profile(frame)


def _array(frame: Frame, name: str) -> NDArray[Any]:
    spec = frame.header.tensors[name]
    return np.frombuffer(frame.tensor(name), ELEMENTS[spec.dtype]).reshape(spec.shape)


def _profile(frame: Frame) -> bytes | str | None:
    """The one that came with the request, or the one that it names."""
    if "icc" in frame.header.tensors:
        return bytes(frame.tensor("icc"))
    request = frame.message.get("request") or {}
    given = request.get("inputs", {}).get("image", request)  # without inputs before there were envelopes
    return given.get("profile")


def _without_float(pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.dtype != np.float32:
        return pixels
    return np.rint(np.clip(np.nan_to_num(pixels), 0, 1) * 65535).astype(np.uint16)


def _as_looked_at(pixels: NDArray[Any], profile: bytes | str | None) -> NDArray[np.uint8]:
    """(H, W, 3) in sRGB, on white."""
    color, alpha = to_working(np.ascontiguousarray(pixels), profile)
    shown = np.clip(color, 0, 1)
    if has_alpha(pixels) and alpha is not None:
        shown = 1 + (shown - 1) * alpha[:, :, np.newaxis]
    return np.rint(shown * FULL[np.dtype(np.uint8)]).astype(np.uint8)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 with the error's envelope on standard output where it cannot be done."""
    parser = argparse.ArgumentParser(prog="bridge_server.worker.picture", description=__doc__)
    parser.add_argument("frame", type=Path, help="file of the artifact")
    parser.add_argument("media_type", choices=("image/png", "image/jpeg"))
    parser.add_argument("to", type=Path, help="file that is written")
    options = parser.parse_args(arguments)
    one_line_faults()
    try:
        write_whole(options.to, picture_file(decode(options.frame.read_bytes()), options.media_type))
    except FileNotFoundError:
        error = BridgeError(ErrorCode.NOT_FOUND, "The file of this result is gone from the spool.")
    except FrameError:
        error = BridgeError(ErrorCode.NOT_FOUND, "The file of this result is damaged. Run its job again from History.")
    except BridgeError as failed:
        error = failed
    except OSError as failed:
        error = storage_error(failed)
    else:
        return 0
    sys.stdout.write(json.dumps(error.envelope()))
    return 1


if __name__ == "__main__":
    sys.exit(main())

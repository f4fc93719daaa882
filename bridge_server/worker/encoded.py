"""Pictures that were sent as files, PNG or JPEG: decoded in the worker, within the limits of any other picture."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import BridgeError, ErrorCode
from ..pillow_limit import without_pillow_limit
from ..plan.limits import MAX_CROP_PIXELS

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L")  # Pillow's modes of a gray PNG of 16 bits
ICC_SPACE = slice(16, 20)  # bytes of a profile that say what kind of colors it is for
READABLE = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", *SIXTEEN_BITS)


@dataclass(frozen=True)
class Decoded:
    """pixels: (H, W, 1 to 4) uint8, or uint16 of a gray PNG of 16 bits; straight alpha, upright. profile: ICC bytes."""

    pixels: NDArray[Any]
    profile: bytes | None

    def as_profiled(self) -> NDArray[Any]:
        """The pixels as the file's own profile has them: gray that was saved with a profile of colors becomes RGB."""
        channels = self.pixels.shape[2]
        if channels > 2 or self.profile is None or self.profile[ICC_SPACE] != b"RGB ":
            return self.pixels
        return self.pixels[:, :, [0, 0, 0] if channels == 1 else [0, 0, 0, 1]]


def decode_picture(role: str, data: memoryview, media_type: str) -> Decoded:
    """Raises BridgeError (invalid_request, too_many_pixels, unsupported) that names the role."""
    named = FORMATS[media_type]
    try:
        with warnings.catch_warnings(), without_pillow_limit():
            warnings.simplefilter("ignore")  # of Exif that is damaged
            image = Image.open(io.BytesIO(data), formats=[named])
            _check(role, image)
            image.load()
            upright = ImageOps.exif_transpose(image)
    except UnidentifiedImageError:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{role}: the file is no {named} picture.") from None
    except (OSError, ValueError, SyntaxError, IndexError, TypeError, EOFError) as error:  # what Pillow's decoders raise
        text = f"{role}: the {named} file is damaged or incomplete. Save it again in an editor."
        raise BridgeError(ErrorCode.INVALID_REQUEST, text, str(error)[:200]) from None
    profile = image.info.get("icc_profile")
    return Decoded(_values(upright), profile if isinstance(profile, bytes) and profile else None)


def _check(role: str, image: Image.Image) -> None:
    if image.width * image.height > MAX_CROP_PIXELS:
        limit = f"{MAX_CROP_PIXELS >> 20} megapixels are the limit"
        text = f"{role}: the picture is too large; {limit}. Scale it down."
        raise BridgeError(ErrorCode.TOO_MANY_PIXELS, text)
    if image.mode not in READABLE:
        text = f"{role}: the picture is {image.mode}, not RGB or gray. Convert it in an editor."
        raise BridgeError(ErrorCode.UNSUPPORTED, text)


def _values(image: Image.Image) -> NDArray[Any]:
    if image.mode in SIXTEEN_BITS:
        return np.asarray(image).astype(np.uint16)[:, :, None]
    gray = image.mode in ("1", "L", "LA")
    clear = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
    wanted = ("LA" if clear else "L") if gray else ("RGBA" if clear else "RGB")
    pixels = np.asarray(image.convert(wanted))
    return pixels if pixels.ndim == 3 else pixels[:, :, None]

"""Picture files in, picture files out: what `generate` reads, and the flattened picture and layer it writes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from ..errors import BridgeError, ErrorCode
from ..plan.bounds import Bounds

Pixels = NDArray[np.uint8]
READABLE = {"L": "L", "LA": "LA", "RGB": "RGB", "RGBA": "RGBA", "1": "L", "P": "RGBA", "PA": "RGBA"}


MAX_PIXELS = 2**30  # the user's own files: a canvas of 32768 x 32768, and no warning below it


@dataclass(frozen=True)
class Picture:
    """A picture file. pixels: (H, W, 1 to 4) uint8 sRGB, straight alpha; note: what was done to it, for the user."""

    pixels: Pixels
    note: str = ""

    @property
    def bounds(self) -> Bounds:
        return Bounds(0, 0, self.pixels.shape[1], self.pixels.shape[0])

    @property
    def has_alpha(self) -> bool:
        return self.pixels.shape[2] in (2, 4)

    @property
    def is_gray(self) -> bool:
        return self.pixels.shape[2] < 3


def read_picture(path: Path) -> Picture:
    """Raises BridgeError(unsupported, invalid_request) for what cannot be read without loss, OSError for no file."""
    image, is_deep = _open(path)
    if image.mode not in READABLE:
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"{path} is a {image.mode} picture; 8-bit gray and RGB are read. Convert it to 8-bit RGB first.",
        )
    note = f"{path} has more than 8 bits a channel; this version works on it in 8 bits." if is_deep else ""
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    if profile and image.mode in ("RGB", "RGBA") and not _is_srgb(profile):
        turned = ImageCms.profileToProfile(turned, io.BytesIO(profile), ImageCms.createProfile("sRGB"))
        assert turned is not None
        note = f"{note} {path} was converted from its profile ({_profile_name(profile)}) to sRGB.".strip()
    pixels = np.asarray(turned.convert(READABLE[image.mode]))
    return Picture(pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis], note)


def read_mask(path: Path, size: Bounds) -> Pixels:
    """(H, W) uint8, 255 = repaint: the gray value, or the alpha of a picture whose colours are all the same.

    Raises BridgeError(invalid_request) where it is not as large as the image.
    """
    image, _ = _open(path)
    if (image.width, image.height) != (size.width, size.height):
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"The mask {path} is {image.width}x{image.height} pixels, the image {size.width}x{size.height}. "
            "They must be of the same size.",
        )
    return np.asarray(image.convert("RGB").convert("L"))


def _open(path: Path) -> tuple[Image.Image, bool]:
    """The picture, and whether Pillow reduced it to 8 bits a channel (it has no deeper RGB modes)."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        image = Image.open(path)
        is_deep = any("16" in str(tile[3]) for tile in image.tile)
        image.load()
    except UnidentifiedImageError:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{path} is not a picture file that can be read.") from None
    except Image.DecompressionBombError:
        raise BridgeError(ErrorCode.TOO_MANY_PIXELS, f"{path} is too large to be opened whole.") from None
    return image, is_deep


def _profile_name(profile: bytes) -> str:
    return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()


def _is_srgb(profile: bytes) -> bool:
    return "srgb" in _profile_name(profile).lower()


def crop(pixels: Pixels, box: Bounds) -> Pixels:
    """The part of a document's pixels that lies in `box` (document pixels, inside the document)."""
    return np.ascontiguousarray(pixels[box.y : box.bottom, box.x : box.right])


def onto_canvas(pixels: Pixels, place: Bounds, canvas: Bounds) -> Pixels:
    """Zeros of the canvas' size with `pixels` at `place`; what reaches outside the canvas is cut."""
    whole = np.zeros((canvas.height, canvas.width, *pixels.shape[2:]), np.uint8)
    visible = place.intersect(canvas)
    target, source = visible.relative_to(canvas), visible.relative_to(place)
    whole[target.y : target.bottom, target.x : target.right] = pixels[source.y : source.bottom, source.x : source.right]
    return whole


def flatten(below: Pixels, layer: Pixels, mask: Pixels) -> Pixels:
    """`layer` (H, W, 2 or 4) with its layer mask over `below` (H, W, 1 to 4), all of one size, straight alpha.

    Normal mode, as W3C Compositing 1 defines source-over. Where the mask or the layer is fully transparent the result
    is `below`, bit for bit.
    """
    has_alpha = below.shape[2] in (2, 4)
    alpha = layer[:, :, -1:].astype(np.float32) * mask[:, :, np.newaxis] / (255.0 * 255.0)
    colour, under = layer[:, :, :-1].astype(np.float32), below.astype(np.float32)
    if not has_alpha:
        mixed = under + (colour - under) * alpha
    else:
        backdrop = under[:, :, -1:] / 255.0
        total = alpha + backdrop * (1.0 - alpha)
        weight = np.divide(alpha, total, out=np.zeros_like(total), where=total > 0)
        mixed = np.concatenate([under[:, :, :-1] + (colour - under[:, :, :-1]) * weight, total * 255.0], axis=2)
    return np.where(alpha == 0, below, np.rint(mixed).astype(np.uint8))


def save(path: Path, pixels: Pixels) -> None:
    """Write a PNG of (H, W, 1 to 4) uint8."""
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(path, compress_level=4)

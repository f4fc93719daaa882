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
MAX_PIXELS = 2**30  # the user's own files: a canvas of 32768 x 32768, and no warning below it
PNG_LEVEL = 1  # the pictures are often large; a higher level takes several times as long for a tenth less
READABLE = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "I;16B", "I;16L"})
MODE_NAMES = {"CMYK": "CMYK", "LAB": "Lab", "F": "floating-point", "I": "32-bit gray", "HSV": "HSV", "YCbCr": "YCbCr"}


@dataclass(frozen=True)
class Picture:
    """A picture file. pixels: (H, W, 1 to 4) uint8 sRGB, straight alpha; notes: what was done to it, for the user."""

    pixels: Pixels
    notes: tuple[str, ...] = ()

    @property
    def bounds(self) -> Bounds:
        return Bounds(0, 0, self.pixels.shape[1], self.pixels.shape[0])

    @property
    def has_alpha(self) -> bool:
        return self.pixels.shape[2] in (2, 4)


def read_picture(path: Path) -> Picture:
    """Raises BridgeError(unsupported, invalid_request) for what cannot be read without loss, OSError for no file."""
    image, is_deep = _open(path)
    notes = [f"{path} has more than 8 bits a channel; this version works on it in 8 bits."] if is_deep else []
    if getattr(image, "n_frames", 1) > 1:
        notes.append(f"{path} has several frames; only the first is used.")
    profile = image.info.get("icc_profile")
    plain = _plain(image)
    if profile and plain.mode in ("RGB", "RGBA") and not _is_srgb(profile):
        converted = ImageCms.profileToProfile(plain, io.BytesIO(profile), ImageCms.createProfile("sRGB"))
        assert converted is not None
        plain = converted
        notes.append(f"{path} was converted from its profile ({_profile_name(profile)}) to sRGB.")
    pixels = np.asarray(plain)
    return Picture(pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis], tuple(notes))


def read_mask(path: Path, size: Bounds) -> Pixels:
    """(H, W) uint8, 255 = repaint: the gray value, or the opacity where all that is visible has one colour.

    Raises BridgeError(invalid_request) where it is not as large as the image, or has both tones and transparency.
    """
    plain = _plain(_open(path)[0])
    if (plain.width, plain.height) != (size.width, size.height):
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"The mask {path} is {plain.width}x{plain.height} pixels, the image {size.width}x{size.height}. "
            "They must be of the same size.",
        )
    gray = np.asarray(plain.convert("RGB").convert("L"))
    if plain.mode not in ("LA", "RGBA"):
        return gray
    alpha = np.asarray(plain.getchannel("A"))
    if alpha.min() == 255:
        return gray
    visible = gray[alpha > 0]
    if visible.size and visible.min() != visible.max():
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"The mask {path} has both tones and transparency, so it is not clear what is selected. "
            "Save it as a gray picture: white is repainted, black stays.",
        )
    return alpha


def _plain(image: Image.Image) -> Image.Image:
    """The right way up, as L, LA, RGB or RGBA."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(turned) >> 8).astype(np.uint8))
    is_clear = turned.mode in ("LA", "PA", "RGBA") or "transparency" in turned.info
    kind = "L" if turned.mode in ("1", "L", "LA") else "RGB"
    return turned.convert({"L": "LA", "RGB": "RGBA"}[kind] if is_clear else kind)


def _open(path: Path) -> tuple[Image.Image, bool]:
    """The picture, and whether it has more than 8 bits a channel (Pillow reduces RGB to 8, having no deeper mode)."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        image = Image.open(path)
        is_deep = image.mode.startswith("I;16") or any("16" in str(tile[3]) for tile in image.tile)
        image.load()
    except UnidentifiedImageError:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{path} is not a picture file that can be read.") from None
    except Image.DecompressionBombError:
        raise BridgeError(ErrorCode.TOO_MANY_PIXELS, f"{path} is too large to be opened whole.") from None
    except OSError as error:
        if error.filename:
            raise
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{path} is damaged or incomplete: {error}.") from None
    if image.mode not in READABLE:
        name = MODE_NAMES.get(image.mode, image.mode)
        raise BridgeError(
            ErrorCode.UNSUPPORTED, f"{path} is a {name} picture. Convert it to RGB or gray in an editor and try again."
        )
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
    seen = place.intersect(canvas)
    _window(whole, seen, canvas)[:] = _window(pixels, seen, place)
    return whole


def flatten(below: Pixels, layer: Pixels, mask: Pixels, place: Bounds, canvas: Bounds) -> Pixels:
    """`layer` (h, w, 2 or 4) with its layer mask (h, w), both at `place`, over `below` (H, W, 1 to 4) on the canvas.

    Straight alpha, normal mode, as W3C Compositing 1 defines source-over. Only what `place` covers is worked on; where
    mask or layer are fully transparent the result is `below`, bit for bit.
    """
    seen = place.intersect(canvas)
    whole = below.copy()
    inside, part = _window(whole, seen, canvas), _window(layer, seen, place).astype(np.float32)
    alpha = part[:, :, -1:] * _window(mask, seen, place)[:, :, np.newaxis] / (255.0 * 255.0)
    colour, under = part[:, :, :-1], inside.astype(np.float32)
    if below.shape[2] in (1, 3):
        mixed = under + (colour - under) * alpha
    else:
        backdrop = under[:, :, -1:] / 255.0
        total = alpha + backdrop * (1.0 - alpha)
        weight = np.divide(alpha, total, out=np.zeros_like(total), where=total > 0)
        mixed = np.concatenate([under[:, :, :-1] + (colour - under[:, :, :-1]) * weight, total * 255.0], axis=2)
    inside[:] = np.where(alpha == 0, inside, np.rint(mixed).astype(np.uint8))
    return whole


def _window(pixels: Pixels, box: Bounds, cover: Bounds) -> Pixels:
    """A view of the part in `box` of an array that covers `cover`, both in document pixels."""
    local = box.relative_to(cover)
    return pixels[local.y : local.bottom, local.x : local.right]


def save(path: Path, pixels: Pixels) -> None:
    """Write a PNG of (H, W, 1 to 4) uint8."""
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(path, compress_level=PNG_LEVEL)

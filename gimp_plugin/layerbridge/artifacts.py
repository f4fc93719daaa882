"""What a job made, read out of its frames and checked: a layer, a selection, a picture of any size, a text. No gi."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

from layerbridge_client import wire

from .failures import BridgeError
from .geometry import Box
from .roles import DOCUMENT, SELECTION, TEXT
from .texts import _, t

BYTES = {"U8": 1, "U16": 2, "F32": 4}


@dataclass(frozen=True)
class Result:
    """A layer and its mask.

    pixels: of `dtype` U8, U16 or F32, (H, W, `channels` 2 or 4), straight alpha, in the profile `icc`; None: sRGB.
    mask: (H, W), 8 bit.
    """

    message: dict[str, Any]
    bounds: Box
    dtype: str
    channels: int
    pixels: memoryview
    mask: memoryview
    icc: bytes | None
    name: str
    note: dict[str, Any]  # the parasite's content

    @property
    def is_gray(self) -> bool:
        return self.channels == 2

    @property
    def size(self) -> tuple[int, int]:
        return self.bounds.width, self.bounds.height


@dataclass(frozen=True)
class Selected:
    """What of the document is selected: `mask` (H, W), 8 bit, covers `bounds`; nothing is beyond them."""

    message: dict[str, Any]
    bounds: Box
    mask: memoryview
    name: str


@dataclass(frozen=True)
class Picture:
    """A picture of any size. bounds: the part of the document that it shows. Else as in Result, `channels` 1 to 4."""

    message: dict[str, Any]
    bounds: Box
    size: tuple[int, int]
    dtype: str
    channels: int
    pixels: memoryview
    icc: bytes | None
    name: str
    note: dict[str, Any]

    @property
    def is_gray(self) -> bool:
        return self.channels < 3


@dataclass(frozen=True)
class Words:
    message: dict[str, Any]
    text: str
    name: str


Artifact = Union[Result, Selected, Picture, Words]


def read_artifact(data: bytes, kind: str, name: str, note: dict[str, Any]) -> Artifact:
    """Check the frame of an output of this kind. Raises BridgeError where it is not what the protocol says."""
    if kind == SELECTION:
        return _read_selected(data, name)
    if kind == DOCUMENT:
        return _read_picture(data, name, note)
    if kind == TEXT:
        return _read_words(data, name)
    return read_result(data, name, note)


def read_result(data: bytes, name: str, note: dict[str, Any]) -> Result:
    """A layer. Raises BridgeError where the frame is not what the protocol says."""
    frame = _decoded(data)
    image, mask, bounds = _spec(frame, "image"), _spec(frame, "mask"), _bounds(frame)
    fits = image.shape[:2] == mask.shape == (bounds.height, bounds.width) and image.shape[2:] in ((2,), (4,))
    if not fits or image.dtype not in BYTES or mask.dtype != "U8" or bounds.is_empty:
        raise _other_form(f"image {image.dtype}{list(image.shape)}, mask {list(mask.shape)}, bounds {bounds}")
    pixels, shown = frame.tensor("image"), frame.tensor("mask")
    return Result(frame.message, bounds, image.dtype, image.shape[2], pixels, shown, _icc(frame), name, note)


def _read_selected(data: bytes, name: str) -> Selected:
    frame = _decoded(data)
    mask, bounds = _spec(frame, "mask"), _bounds(frame)
    if mask.dtype != "U8" or mask.shape != (bounds.height, bounds.width):
        raise _other_form(f"mask {mask.dtype}{list(mask.shape)}, bounds {bounds}")
    return Selected(frame.message, bounds, frame.tensor("mask"), name)


def _read_picture(data: bytes, name: str, note: dict[str, Any]) -> Picture:
    frame = _decoded(data)
    image, bounds = _spec(frame, "image"), _bounds(frame)
    fits = len(image.shape) == 3 and 1 <= image.shape[2] <= 4 and 0 not in image.shape
    if not fits or image.dtype not in BYTES or bounds.is_empty:
        raise _other_form(f"image {image.dtype}{list(image.shape)}, bounds {bounds}")
    height, width, channels = image.shape
    pixels, size = frame.tensor("image"), (width, height)
    return Picture(frame.message, bounds, size, image.dtype, channels, pixels, _icc(frame), name, note)


def _read_words(data: bytes, name: str) -> Words:
    frame = _decoded(data)
    text = frame.message.get("text")
    if not isinstance(text, str):
        raise _other_form(f"text {text!r}")
    return Words(frame.message, text, name)


def _decoded(data: bytes) -> wire.Frame:
    try:
        return wire.decode(data)
    except (wire.FrameError, TypeError, ValueError) as error:
        raise _damaged(str(error)) from None


def _spec(frame: wire.Frame, name: str) -> wire.TensorSpec:
    if name not in frame.header.tensors:
        raise _damaged(f"no {name}")
    return frame.header.tensors[name]


def _bounds(frame: wire.Frame) -> Box:
    try:
        return Box.from_json(frame.message["bounds"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(f"bounds: {error!r}") from None


def _icc(frame: wire.Frame) -> bytes | None:
    return bytes(frame.tensor("icc")) if "icc" in frame.header.tensors else None


def _damaged(detail: str) -> BridgeError:
    return BridgeError("invalid_frame", t("damagedResult"), detail)


def _other_form(detail: str) -> BridgeError:
    return BridgeError("invalid_frame", _("The result has another form than expected. Update the plug-in."), detail)

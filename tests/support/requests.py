"""Request frames for tests, as a plug-in would send them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_server.protocol.frame import Buffer, Tensor, decode, encode

from .envelopes import envelope


def picture(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    """A smooth coloured picture with some noise: (height, width, 3) uint8."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(seed).integers(0, 20, (height, width, 3))
    ramp = np.stack([x * 200 // max(width, 1), y * 200 // max(height, 1), (x + y) % 200], axis=2)
    return (ramp + noise).astype(np.uint8)


def selection(width: int, height: int, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """A hard rectangular mask: (height, width) uint8, 255 inside (x, y, width, height)."""
    mask = np.zeros((height, width), np.uint8)
    mask[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] = 255
    return mask


def frame(kind: str = "inpaint", side: int = 128, **message: Any) -> list[Buffer]:
    """A small whole-document request; `message` adds or overrides fields; steps default to 2."""
    tensors = {"image": tensor(picture(side, side))} if kind != "txt2img" else {}
    if kind == "inpaint":
        tensors["mask"] = tensor(selection(side, side, (side // 4, side // 4, side // 2, side // 2)))
    if kind == "outpaint":
        message.setdefault("margins", {"right": 32})
    full = {
        "kind": kind,
        "document": {"width": side, "height": side, "id": "doc-1", "name": "test.xcf"},
        "bounds": {"x": 0, "y": 0, "width": side, "height": side},
        "prompt": "red apple",
        "steps": 2,
        "seed": 1,
        **message,
    }
    return encode(envelope(full, tensors), tensors)


def tensor(array: NDArray[Any]) -> Tensor:
    names = {"uint8": "U8", "uint16": "U16", "float32": "F32"}
    return Tensor(names[array.dtype.name], array.shape, np.ascontiguousarray(array).reshape(-1).data)


def arrays(content: bytes) -> tuple[dict[str, Any], NDArray[np.uint8], NDArray[np.uint8]]:
    """Message, image and mask of a result frame."""
    got = decode(content)
    shapes = {name: spec.shape for name, spec in got.header.tensors.items()}
    image = np.frombuffer(got.tensor("image"), np.uint8).reshape(shapes["image"])
    return got.message, image, np.frombuffer(got.tensor("mask"), np.uint8).reshape(shapes["mask"])

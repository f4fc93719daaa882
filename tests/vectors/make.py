"""Writes the shared test vectors: `python -m tests.vectors.make` (see README.md here)."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from bridge_server.protocol.frame import Tensor, encode

from .bad import BAD

HERE = Path(__file__).parent
REQUEST = {
    "kind": "inpaint",
    "document": {"width": 640, "height": 480, "id": "7", "name": "Räuber.xcf"},
    "bounds": {"x": -2, "y": 3, "width": 3, "height": 2},
    "prompt": 'a "red" ball,\nßo 中文 😀 \\ \u2028 end',
    "seed": 2147483647,
    "client_data": {},
    "keep_to_selection": True,
    "model": None,
}


def arrays() -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """Tensors by frame, in the order in which a writer is given them."""
    return {
        "minimal": {},
        "request-rgb8": {
            "image": np.arange(18, dtype=np.uint8).reshape(2, 3, 3),
            "mask": np.array([[0, 128, 255], [1, 2, 3]], np.uint8),
        },
        "request-gray16": {
            "icc": np.arange(7, dtype=np.uint8),
            "mask": np.full((1, 3), 255, np.uint8),
            "image": np.array([[[0], [65535], [258]]], np.uint16),
        },
        "result-float": {
            "image": np.array([[[-0.5, 0, 1, 1], [2.5, 3e-39, 3.25e38, 0.5]]], np.float32),
            "mask": np.array([[0, 255]], np.uint8),
        },
        "no-elements": {"image": np.zeros((0, 3, 4), np.float32), "mask": np.zeros((3, 0), np.uint8)},
        "scalar": {"image": np.array(513, np.uint16)},
    }


def describe(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    dtype = {"uint8": "U8", "uint16": "U16", "float32": "F32"}[array.dtype.name]
    return {"dtype": dtype, "shape": list(array.shape), "values": array.ravel().tolist()}


def by_hand(header: str, body: bytes) -> bytes:
    text = header.encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def main() -> None:
    good: dict[str, Any] = {}
    frames: dict[str, bytes] = {}
    for name, tensors in arrays().items():
        message = {} if name == "minimal" else REQUEST
        described = {key: describe(array) for key, array in tensors.items()}
        parts = encode(message, {key: Tensor(described[key]["dtype"], a.shape, a.data) for key, a in tensors.items()})
        frames[name] = b"".join(bytes(part) for part in parts)
        good[name] = {"python": True, "message": message, "tensors": described}

    tensors = arrays()["request-gray16"]
    frames["safetensors"] = save(tensors, {"message": json.dumps(REQUEST), "format": "np"})
    described = {key: describe(array) for key, array in tensors.items()}
    good["safetensors"] = {"python": False, "message": REQUEST, "tensors": described}

    header = (
        '{ "mask" : {"shape":[1,2],\t"data_offsets":[4,6],"dtype":"U8"},\r\n "__metadata__":{"message":'
        r'"{\"a\\u00e9\\ud83d\\ude00\": [-0, 1e2, -1.5E-3, true, false, null, \"\\u0000\\/\"], '
        r'\"__proto__\": {\"x\": 1}}"},'
        '"reference/0":{"dtype":"F32","shape":[1],"data_offsets":[0,4]} }\n'
    )
    frames["unusual"] = by_hand(header, struct.pack("<f2B", 1.5, 9, 8))
    good["unusual"] = {
        "python": False,
        "message": {"aé😀": [0, 100, -0.0015, True, False, None, "\0/"], "__proto__": {"x": 1}},
        "tensors": {
            "mask": {"dtype": "U8", "shape": [1, 2], "values": [9, 8]},
            "reference/0": {"dtype": "F32", "shape": [1], "values": [1.5]},
        },
    }
    for name, data in frames.items():
        (HERE / "good" / f"{name}.frame").write_bytes(data)
    (HERE / "good.json").write_text(json.dumps(good, indent=1) + "\n", encoding="utf-8")
    (HERE / "bad.json").write_text(json.dumps(BAD, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

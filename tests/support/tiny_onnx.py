"""ONNX files of one convolution, written by hand: a network that takes red for the subject."""

from __future__ import annotations

import struct
from collections.abc import Sequence

FLOAT = 1  # ONNX's number of the type


def tiny_onnx(
    side: int = 64,
    channels: int = 3,
    element: int = FLOAT,
    outputs: Sequence[int] = (1, 1),
    *,
    given: str = "picture",
    made: Sequence[str] = ("mask",),
    batch: int = 1,
) -> bytes:
    """(1, channels, side, side) -> (*outputs, side, side), 20 · (red - 0.5 green - 0.5 blue) of what it is given; of 0
    for a side that may be any, and a batch likewise. given, made: names of the input and of the outputs, all alike.
    """
    weights = struct.pack("<3f", 20.0, -10.0, -10.0)
    tensor = _number(1, 1) + _number(1, 3) + _number(1, 1) + _number(1, 1) + _number(2, FLOAT)
    tensor += _bytes(8, b"weights") + _bytes(9, weights)
    source = _bytes(1, given.encode()) + _bytes(1, b"weights")
    graph = b"".join(_bytes(1, source + _bytes(2, name.encode()) + _bytes(4, b"Conv")) for name in made)
    graph += _bytes(2, b"red") + _bytes(5, tensor)
    graph += _bytes(11, _info(given.encode(), element, (batch, channels, side, side)))
    for name in made:
        graph += _bytes(12, _info(name.encode(), FLOAT, (*outputs, side, side)))
    opset = _number(2, 13)
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, opset)


def _info(name: bytes, element: int, shape: Sequence[int]) -> bytes:
    sides = b"".join(_bytes(1, _number(1, side) if side else _bytes(2, b"any")) for side in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, element) + _bytes(2, sides)))


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])

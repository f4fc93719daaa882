"""ONNX files of one convolution: a network that takes red for the subject."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from starter_training.matting.onnx_file import FLOAT, bytes_field, number_field, value_info


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
    tensor = number_field(1, 1) + number_field(1, 3) + number_field(1, 1) + number_field(1, 1) + number_field(2, FLOAT)
    tensor += bytes_field(8, b"weights") + bytes_field(9, weights)
    source = bytes_field(1, given.encode()) + bytes_field(1, b"weights")
    graph = b"".join(bytes_field(1, source + bytes_field(2, name.encode()) + bytes_field(4, b"Conv")) for name in made)
    graph += bytes_field(2, b"red") + bytes_field(5, tensor)
    graph += bytes_field(11, value_info(given, (batch, channels, side, side), element))
    for name in made:
        graph += bytes_field(12, value_info(name, (*outputs, side, side)))
    opset = number_field(2, 13)
    return number_field(1, 8) + bytes_field(7, graph) + bytes_field(8, opset)

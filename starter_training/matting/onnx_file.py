"""Writes ONNX files by hand: protocol buffers, as onnx.proto3 says (https://onnx.ai), so that no package is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FLOAT, HALF = 1, 10  # ONNX's numbers of types
KINDS = {np.dtype(np.float32): FLOAT, np.dtype(np.float16): HALF}
WHOLE, TEXT, SEVERAL = 2, 3, 7  # and of kinds of attributes
OPSET, FORMAT = 13, 8

Value = int | str | Sequence[int]


@dataclass
class Graph:
    """Operations in their order, and constants."""

    operations: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)

    def add(self, kind: str, given: Sequence[str], made: str = "", **attributes: Value) -> str:
        """The name of what it makes; `made`, or one of its own."""
        made = made or f"{kind.lower()}{len(self.operations)}"
        content = b"".join(bytes_field(1, name.encode()) for name in given) + bytes_field(2, made.encode())
        content += bytes_field(4, kind.encode())
        content += b"".join(bytes_field(5, _attribute(name, value)) for name, value in attributes.items())
        self.operations.append(bytes_field(1, content))
        return made

    def constant(self, values: npt.NDArray[np.float32] | npt.NDArray[np.float16]) -> str:
        name = f"constant{len(self.constants)}"
        content = b"".join(number_field(1, side) for side in values.shape) + number_field(2, KINDS[values.dtype])
        content += bytes_field(8, name.encode()) + bytes_field(
            9, values.astype(values.dtype.newbyteorder("<")).tobytes()
        )
        self.constants.append(bytes_field(5, content))
        return name

    def file(self, given: Mapping[str, Sequence[int]], made: Mapping[str, Sequence[int]]) -> bytes:
        """given, made: shapes of inputs and outputs by name, of float32; 0 for a side of any length."""
        graph = b"".join(self.operations) + bytes_field(2, b"graph") + b"".join(self.constants)
        for number, infos in ((11, given), (12, made)):
            graph += b"".join(bytes_field(number, value_info(name, shape)) for name, shape in infos.items())
        return number_field(1, FORMAT) + bytes_field(7, graph) + bytes_field(8, number_field(2, OPSET))


def _attribute(name: str, value: Value) -> bytes:
    if isinstance(value, str):
        return bytes_field(1, name.encode()) + bytes_field(4, value.encode()) + number_field(20, TEXT)
    if isinstance(value, int):
        return bytes_field(1, name.encode()) + number_field(3, value) + number_field(20, WHOLE)
    return bytes_field(1, name.encode()) + b"".join(number_field(8, one) for one in value) + number_field(20, SEVERAL)


def value_info(name: str, shape: Sequence[int], element: int = FLOAT) -> bytes:
    """Of an input or output. element: ONNX's number of its type; shape: 0 for a side of any length."""
    sides = b"".join(bytes_field(1, number_field(1, side) if side else bytes_field(2, b"any")) for side in shape)
    return bytes_field(1, name.encode()) + bytes_field(
        2, bytes_field(1, number_field(1, element) + bytes_field(2, sides))
    )


def bytes_field(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer that holds text, bytes or another message."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def number_field(number: int, value: int) -> bytes:
    """A field of a protocol buffer that holds a whole number, 0 or more."""
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])

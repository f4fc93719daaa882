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
        content = b"".join(_bytes(1, name.encode()) for name in given) + _bytes(2, made.encode())
        content += _bytes(4, kind.encode())
        content += b"".join(_bytes(5, _attribute(name, value)) for name, value in attributes.items())
        self.operations.append(_bytes(1, content))
        return made

    def constant(self, values: npt.NDArray[np.float32] | npt.NDArray[np.float16]) -> str:
        name = f"constant{len(self.constants)}"
        content = b"".join(_number(1, side) for side in values.shape) + _number(2, KINDS[values.dtype])
        content += _bytes(8, name.encode()) + _bytes(9, values.astype(values.dtype.newbyteorder("<")).tobytes())
        self.constants.append(_bytes(5, content))
        return name

    def file(self, given: Mapping[str, Sequence[int]], made: Mapping[str, Sequence[int]]) -> bytes:
        """given, made: shapes of inputs and outputs by name, of float32; 0 for a side of any length."""
        graph = b"".join(self.operations) + _bytes(2, b"graph") + b"".join(self.constants)
        for number, infos in ((11, given), (12, made)):
            graph += b"".join(_bytes(number, _info(name, shape)) for name, shape in infos.items())
        return _number(1, FORMAT) + _bytes(7, graph) + _bytes(8, _number(2, OPSET))


def _attribute(name: str, value: Value) -> bytes:
    if isinstance(value, str):
        return _bytes(1, name.encode()) + _bytes(4, value.encode()) + _number(20, TEXT)
    if isinstance(value, int):
        return _bytes(1, name.encode()) + _number(3, value) + _number(20, WHOLE)
    return _bytes(1, name.encode()) + b"".join(_number(8, one) for one in value) + _number(20, SEVERAL)


def _info(name: str, shape: Sequence[int]) -> bytes:
    sides = b"".join(_bytes(1, _number(1, side) if side else _bytes(2, b"any")) for side in shape)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, sides)))


def _bytes(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])

"""What an ONNX file says of its inputs and outputs, without reading its weights (standard library only).

The format is protocol buffers: fields with a number and a length, one in another (onnx.proto3, https://onnx.ai). Of a
file only the graph's lists of inputs and outputs are read; weights are skipped by their length.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .reading import open_ordinary, unreadable, why_not

GRAPH, INPUT, OUTPUT = 7, 11, 12  # fields of a model, and of its graph
VARINT, LONG, BYTES, SHORT = 0, 1, 2, 5  # kinds of fields
MAX_FIELDS = 1_000_000  # of a graph: nodes, weights and the like; the largest have some ten thousand
MAX_INFO_BYTES = 2**16  # of an input's or output's description
FLOAT32 = 1  # ONNX's number for it


@dataclass(frozen=True)
class Info:
    """An input or output. element: ONNX's number of its type. shape: 0 where a side may be of any length."""

    name: str
    element: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class OnnxFile:
    inputs: tuple[Info, ...]
    outputs: tuple[Info, ...]


def read_onnx(path: Path) -> OnnxFile:
    """Raises BridgeError (model_unreadable) for what is no ONNX file."""
    inputs: list[Info] = []
    outputs: list[Info] = []
    try:
        with open_ordinary(path) as raw, io.BufferedReader(raw) as stream:  # type: ignore[arg-type]
            size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
            graph = next((field for field in _fields(stream, size) if field.number == GRAPH), None)
            if graph is None:
                raise ValueError("it has no graph")
            stream.seek(graph.begin)
            for field in _fields(stream, graph.end):
                if field.kind == BYTES and field.number in (INPUT, OUTPUT):
                    (inputs if field.number == INPUT else outputs).append(_info(_bytes(stream, field)))
                    stream.seek(field.end)
    except ValueError as error:
        raise unreadable(path, f"it is not an ONNX file ({error})") from error
    except OSError as error:
        raise unreadable(path, why_not(error)) from error
    return OnnxFile(tuple(inputs), tuple(outputs))


@dataclass(frozen=True)
class _Field:
    """value: of a number; begin and end: of bytes."""

    number: int
    kind: int
    value: int
    begin: int
    end: int


def _fields(stream: BinaryIO, end: int) -> Iterator[_Field]:
    """The fields from here to `end`; the stream is beyond each when the next is asked for. Raises ValueError."""
    count = 0
    while (at := stream.tell()) < end:
        count += 1
        if count > MAX_FIELDS:
            raise ValueError("it has too many fields")
        tag = _varint(stream)
        number, kind = tag >> 3, tag & 7
        value, length = 0, {LONG: 8, SHORT: 4}.get(kind, 0)
        if kind == VARINT:
            value = _varint(stream)
        elif kind == BYTES:
            length = _varint(stream)
        elif kind not in (LONG, SHORT):
            raise ValueError("a field is of no known kind")
        begin = stream.tell()
        if begin + length > end or number == 0 or begin <= at:
            raise ValueError("a field is longer than what holds it")
        yield _Field(number, kind, value, begin, begin + length)
        stream.seek(begin + length)


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = stream.read(1)
        if not byte:
            raise ValueError("it ends too early")
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return value
    raise ValueError("a number is too long")


def _bytes(stream: BinaryIO, field: _Field) -> bytes:
    if field.end - field.begin > MAX_INFO_BYTES:
        raise ValueError("a description is too long")
    stream.seek(field.begin)
    return stream.read(field.end - field.begin)


def _parts(data: bytes, number: int) -> list[tuple[_Field, bytes]]:
    """The fields of this number in a message."""
    fields = _fields(io.BytesIO(data), len(data))
    return [(field, data[field.begin : field.end]) for field in fields if field.number == number]


def _info(data: bytes) -> Info:
    """Of a ValueInfoProto: name 1, type 2 with tensor_type 1 with elem_type 1 and shape 2 with dim 1."""
    name = b"".join(part for _, part in _parts(data, 1)).decode("utf-8", "replace")
    element, shape = 0, []
    for _, kind in _parts(data, 2):
        for _, tensor in _parts(kind, 1):
            element = next((field.value for field, _ in _parts(tensor, 1)), 0)
            for _, sides in _parts(tensor, 2):
                shape = [next((field.value for field, _ in _parts(side, 1)), 0) for _, side in _parts(sides, 1)]
    return Info(name, element, tuple(shape))

"""The frame codec: typed arrays and one JSON message in the safetensors format (standard library only).

Layout: 8 bytes little-endian header length N, N bytes of UTF-8 JSON padded with spaces to a multiple of 8, then the
tensors one after another without gaps, largest element first, so that every view is aligned to its element.
Format: https://huggingface.co/docs/safetensors (the "Format" section). The message is the value of the key `message`
under `__metadata__`. `python -m bridge_server.protocol.generate` copies this file into the GIMP plug-in.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

MAX_HEADER_BYTES = 64 * 1024  # a message is a few KiB; more is a mistake or an attack on the JSON parser
MAX_TENSORS = 16  # image, mask, icc and a dozen control or reference pictures
MAX_NAME_LENGTH = 64
MAX_DIMENSIONS = 4
ELEMENT_SIZE = {"U8": 1, "U16": 2, "F32": 4}
PREFIX_BYTES = 8
ALIGNMENT = 8

# begin: replaced in generated copies
from ..errors import FrameError  # noqa: E402

# end: replaced in generated copies

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True)
class TensorSpec:
    """Where a tensor lies: dtype U8, U16 or F32 (little-endian), shape in elements, [begin, end) bytes after the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def nbytes(self) -> int:
        return self.end - self.begin


@dataclass(frozen=True)
class FrameHeader:
    """A checked header: the message, the tensors by name, and the byte lengths of the parts."""

    message: dict[str, Any]
    tensors: dict[str, TensorSpec]
    header_bytes: int  # prefix and JSON together: where the first tensor begins
    body_bytes: int  # all tensors together

    @property
    def total_bytes(self) -> int:
        return self.header_bytes + self.body_bytes


@dataclass(frozen=True)
class Tensor:
    """An array to send: data holds shape's elements in C order, little-endian."""

    dtype: str
    shape: tuple[int, ...]
    data: Buffer


@dataclass(frozen=True)
class Frame:
    """A decoded frame; `tensor(name)` is a view into the buffer it was decoded from, never a copy."""

    header: FrameHeader
    buffer: memoryview

    @property
    def message(self) -> dict[str, Any]:
        return self.header.message

    def tensor(self, name: str) -> memoryview:
        """The bytes of tensor `name` (format "B"), aligned to its element size if the buffer is aligned to 8."""
        spec = self.header.tensors[name]
        start = self.header.header_bytes
        return self.buffer[start + spec.begin : start + spec.end]


def element_count(shape: tuple[int, ...]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def encode(message: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> list[Buffer]:
    """The frame as a list of buffers to write one after another: no tensor is copied.

    Raises FrameError if a tensor's data does not fit its shape, a name or dtype is unknown, or the header is too long.
    """
    entries: dict[str, Any] = {"__metadata__": {"message": json.dumps(message, separators=(",", ":"), allow_nan=False)}}
    parts: list[Buffer] = []
    offset = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: -ELEMENT_SIZE.get(item[1].dtype, 0)):
        _check_name(name)
        _check_dtype(name, tensor.dtype)
        size = element_count(tensor.shape) * ELEMENT_SIZE[tensor.dtype]
        data = tensor.data if isinstance(tensor.data, (bytes, bytearray)) else tensor.data.cast("B")
        if len(data) != size:
            raise FrameError(f"Tensor {name} holds {len(data)} bytes; its shape {list(tensor.shape)} needs {size}.")
        entries[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        parts.append(data)
        offset += size
    if len(tensors) > MAX_TENSORS:
        raise FrameError(f"The frame has {len(tensors)} tensors; {MAX_TENSORS} is the limit.")
    text = json.dumps(entries, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % ALIGNMENT)
    if len(text) > MAX_HEADER_BYTES:
        raise FrameError(f"The header is {len(text)} bytes long; {MAX_HEADER_BYTES} is the limit: shorten the prompt.")
    return [struct.pack("<Q", len(text)) + text, *parts]


def header_length(prefix: Buffer) -> int:
    """Length of the JSON header from a frame's first 8 bytes. Raises FrameError if it cannot be one."""
    if len(prefix) < PREFIX_BYTES:
        raise FrameError(f"The frame is {len(prefix)} bytes long; it begins with an 8-byte length.")
    length = int(struct.unpack("<Q", prefix[:PREFIX_BYTES])[0])
    if length > MAX_HEADER_BYTES:
        raise FrameError(f"The header claims {length} bytes; {MAX_HEADER_BYTES} is the limit. Is this a frame?")
    if length < 2:
        raise FrameError("The header is empty.")
    if length % ALIGNMENT:
        raise FrameError(f"The header is {length} bytes long; it must be padded with spaces to a multiple of 8.")
    return length


def decode_header(text: Buffer) -> FrameHeader:
    """Check the JSON header (without the 8-byte prefix). Raises FrameError that says what is wrong and where."""
    entries = _object(_parse_json(text, "The header"), "The header")
    metadata = _object(entries.get("__metadata__"), "__metadata__")
    if not all(isinstance(value, str) for value in metadata.values()):
        raise FrameError("__metadata__ may hold only strings.")
    if "message" not in metadata:
        raise FrameError("__metadata__ has no message.")
    message = _object(_parse_json(metadata["message"], "The message"), "The message")
    names = [name for name in entries if name != "__metadata__"]
    if len(names) > MAX_TENSORS:
        raise FrameError(f"The frame has {len(names)} tensors; {MAX_TENSORS} is the limit.")
    tensors = {name: _tensor_spec(name, entries[name]) for name in names}
    body = _check_layout(tensors)
    return FrameHeader(message, tensors, PREFIX_BYTES + len(text), body)


def decode(buffer: Buffer) -> Frame:
    """A frame whose tensors are views into `buffer`. Raises FrameError that says what is wrong and where."""
    view = memoryview(buffer).cast("B")
    length = header_length(view[:PREFIX_BYTES])
    if len(view) < PREFIX_BYTES + length:
        raise FrameError(f"The frame ends inside its header ({len(view)} of {PREFIX_BYTES + length} bytes).")
    header = decode_header(bytes(view[PREFIX_BYTES : PREFIX_BYTES + length]))
    if len(view) != header.total_bytes:
        raise FrameError(f"The frame is {len(view)} bytes long; its header describes {header.total_bytes}.")
    return Frame(header, view)


def _parse_json(text: Any, what: str) -> Any:
    try:
        decoded = text if isinstance(text, str) else bytes(text).decode("utf-8")
        if not decoded.startswith("{"):
            raise FrameError(f"{what} does not begin with '{{'.")
        return json.loads(decoded, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"{what} is not JSON: {error}") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        repeated = next(key for key in result if sum(key == other for other, _ in pairs) > 1)
        raise FrameError(f"The key {repeated!r} stands twice.")
    return result


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FrameError(f"{what} must be a JSON object.")
    return cast("dict[str, Any]", value)


def _check_name(name: str) -> None:
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789_/"
    if not 0 < len(name) <= MAX_NAME_LENGTH or any(letter not in allowed for letter in name):
        raise FrameError(f"{name[:MAX_NAME_LENGTH]!r} is no tensor name: use a-z, 0-9, _ and /, at most 64 letters.")


def _check_dtype(name: str, dtype: Any) -> None:
    if not isinstance(dtype, str) or dtype not in ELEMENT_SIZE:
        raise FrameError(f"Tensor {name} has dtype {dtype!r}; only {', '.join(ELEMENT_SIZE)} are allowed.")


def _naturals(value: Any) -> tuple[int, ...] | None:
    """The tuple of a list of whole numbers from 0 to 2^63, or None (true and 1.0 are no whole numbers here)."""
    if not isinstance(value, list):
        return None
    items = cast("list[Any]", value)
    return tuple(items) if all(type(item) is int and 0 <= item < 2**63 for item in items) else None


def _tensor_spec(name: str, value: Any) -> TensorSpec:
    _check_name(name)
    entry = _object(value, f"Tensor {name}")
    if set(entry) != {"dtype", "shape", "data_offsets"}:
        raise FrameError(f"Tensor {name} must have exactly dtype, shape and data_offsets.")
    _check_dtype(name, entry["dtype"])
    shape = _naturals(entry["shape"])
    if shape is None or len(shape) > MAX_DIMENSIONS:
        raise FrameError(f"Tensor {name} needs a shape of at most {MAX_DIMENSIONS} whole numbers.")
    offsets = _naturals(entry["data_offsets"])
    if offsets is None or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise FrameError(f"Tensor {name} needs data_offsets [begin, end] with begin <= end.")
    spec = TensorSpec(entry["dtype"], shape, offsets[0], offsets[1])
    size = element_count(shape) * ELEMENT_SIZE[spec.dtype]
    if spec.nbytes != size:
        raise FrameError(f"Tensor {name} spans {spec.nbytes} bytes; its shape {list(shape)} needs {size}.")
    return spec


def _check_layout(tensors: Mapping[str, TensorSpec]) -> int:
    """Length of the body in bytes. Raises FrameError for a gap, an overlap, or a view that would not be aligned."""
    offset = 0
    for name, spec in _by_offset(tensors):
        if spec.begin != offset:
            kind = "a gap" if spec.begin > offset else "an overlap"
            raise FrameError(f"There is {kind} before tensor {name}: it begins at {spec.begin}, not at {offset}.")
        if spec.begin % ELEMENT_SIZE[spec.dtype]:
            raise FrameError(f"Tensor {name} is not aligned: put larger elements first.")
        offset = spec.end
    return offset


def _by_offset(tensors: Mapping[str, TensorSpec]) -> Iterator[tuple[str, TensorSpec]]:
    return iter(sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)))

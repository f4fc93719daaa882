"""The frame codec: typed arrays and one JSON message in the safetensors format (standard library only).

Layout: 8 bytes little-endian header length N, N bytes of UTF-8 JSON padded with spaces to a multiple of 8, then the
tensors one after another without gaps, largest element first, so that every view is aligned to its element.
Format: https://huggingface.co/docs/safetensors (the "Format" section). The message is the value of the key `message`
under `__metadata__`. Whatever `encode` writes `decode` reads, here and in JavaScript; everything else is refused.
`python -m bridge_server.protocol.generate` copies this file into layerbridge_client, so it keeps to Python 3.9 and
imports nothing of the server but its neighbour `failures`, of which the client has its own.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Union, cast

from .failures import FrameError

MAX_HEADER_BYTES = 64 * 1024  # a message is a few KiB; more is a mistake or an attack on the JSON parser
MAX_REQUEST_HEADER_BYTES = 56 * 1024  # a request's header: its result repeats the message and adds some of its own
MAX_TENSORS = 16  # image, mask, icc and a dozen control or reference pictures
MAX_NAME_LENGTH = 64  # room for `reference/12` and the like; names stand in error messages
MAX_DIMENSIONS = 4  # a picture has three; one to spare
MAX_DEPTH = 16  # levels of objects and arrays; a message has four, and deep nesting exhausts a parser's stack
MAX_NUMBER = 2**53 - 1  # beyond it JavaScript loses digits, and 1e400 becomes infinity
ELEMENT_SIZE = {"U8": 1, "U16": 2, "F32": 4}
PREFIX_BYTES = 8
ALIGNMENT = 8

Buffer = Union[bytes, bytearray, memoryview]  # noqa: UP007 - the copy must run on Python 3.9


@dataclass(frozen=True)
class TensorSpec:
    """Where a tensor lies: dtype U8, U16 or F32 (little-endian), shape in elements, bytes [begin, end) of the body."""

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

    Raises FrameError for whatever `decode` would refuse, and if a tensor's data is not contiguous or does not fit its
    shape.
    """
    entries: dict[str, Any] = {"__metadata__": {"message": _to_json(message, "The message")}}
    parts: list[Buffer] = []
    offset = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: -ELEMENT_SIZE.get(item[1].dtype, 0)):
        _check_name(name)
        _check_dtype(name, tensor.dtype)
        data = _byte_view(name, tensor.data)
        size = element_count(tensor.shape) * ELEMENT_SIZE[tensor.dtype]
        if len(data) != size:
            raise FrameError(f"Tensor {name} holds {len(data)} bytes; its shape {list(tensor.shape)} needs {size}.")
        entries[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        parts.append(data)
        offset += size
    text = _to_json(entries, "The header").encode("utf-8")
    text += b" " * (-len(text) % ALIGNMENT)
    if len(text) > MAX_HEADER_BYTES:
        raise FrameError(f"The header is {len(text)} bytes long; {MAX_HEADER_BYTES} is the limit: shorten the prompt.")
    decode_header(text)
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
    try:
        decoded = bytes(text).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FrameError(f"The header is not UTF-8: {error.reason} at byte {error.start}.") from None
    entries = _from_json(decoded, "The header")
    metadata = _object(entries.get("__metadata__"), "__metadata__")
    if not all(isinstance(value, str) for value in metadata.values()):
        raise FrameError("__metadata__ may hold only strings.")
    if "message" not in metadata:
        raise FrameError("__metadata__ has no message.")
    message = _from_json(metadata["message"], "The message")
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
    header = decode_header(view[PREFIX_BYTES : PREFIX_BYTES + length])
    if len(view) != header.total_bytes:
        raise FrameError(f"The frame is {len(view)} bytes long; its header describes {header.total_bytes}.")
    return Frame(header, view)


def _byte_view(name: str, data: Buffer) -> memoryview:
    view = memoryview(data)
    if view.nbytes == 0:
        return memoryview(b"")  # a view with a side of 0 cannot be cast
    if not view.c_contiguous:
        raise FrameError(f"Tensor {name} is not contiguous: copy it into C order first.")
    return view.cast("B")


def _to_json(value: Any, what: str) -> str:
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise FrameError(f"{what} cannot be written as JSON: {_short(str(error))}.") from None
    return text


def _from_json(text: str, what: str) -> dict[str, Any]:
    if not text.startswith("{"):
        raise FrameError(f"{what} does not begin with '{{'.")
    try:
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_int=_integer)
    except RecursionError:
        raise FrameError(f"{what} is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:
        raise FrameError(f"{what} is not JSON: {error}.") from None
    _check_value(value, what, MAX_DEPTH)
    return _object(value, what)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {_short(repr(key))} stands twice")
        result[key] = value
    return result


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _integer(text: str) -> int:
    if len(text) > len(str(-MAX_NUMBER)):
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _check_value(value: Any, what: str, levels: int) -> None:
    """Raises FrameError for nesting beyond `levels`, numbers beyond MAX_NUMBER, and text that UTF-8 cannot hold."""
    if isinstance(value, (dict, list)):
        if levels == 0:
            raise FrameError(f"{what} is nested deeper than {MAX_DEPTH} levels.")
        items = cast("dict[str, Any] | list[Any]", value)
        for item in items:
            _check_value(item, what, levels - 1)
        for item in items.values() if isinstance(items, dict) else ():
            _check_value(item, what, levels - 1)
    elif isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise FrameError(f"{what} has half a surrogate pair in a text.") from None
    elif isinstance(value, (int, float)) and not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise FrameError(f"{what} has a number beyond {MAX_NUMBER}.")


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FrameError(f"{what} must be a JSON object.")
    return cast("dict[str, Any]", value)


def _check_name(name: str) -> None:
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789_/"
    if not 0 < len(name) <= MAX_NAME_LENGTH or name == "__metadata__" or any(letter not in allowed for letter in name):
        raise FrameError(f"{_short(repr(name))} is no tensor name: use a-z, 0-9, _ and /, at most 64 letters.")


def _check_dtype(name: str, dtype: Any) -> None:
    if not isinstance(dtype, str) or dtype not in ELEMENT_SIZE:
        raise FrameError(f"Tensor {name} has dtype {_short(repr(dtype))}; only {', '.join(ELEMENT_SIZE)} are allowed.")


def _naturals(value: Any) -> tuple[int, ...] | None:
    """The tuple of a list of whole numbers not below 0, or None (true and 1.0 are no whole numbers here)."""
    if not isinstance(value, list):
        return None
    items = cast("list[Any]", value)
    return tuple(items) if all(type(item) is int and item >= 0 for item in items) else None


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
    for name, spec in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if spec.begin != offset:
            kind = "a gap" if spec.begin > offset else "an overlap"
            raise FrameError(f"There is {kind} before tensor {name}: it begins at {spec.begin}, not at {offset}.")
        if spec.begin % ELEMENT_SIZE[spec.dtype]:
            raise FrameError(f"Tensor {name} is not aligned: put larger elements first.")
        offset = spec.end
    return offset

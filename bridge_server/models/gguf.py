"""The header of a .gguf file, read strictly and within limits (standard library only).

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Notes are passed over but for those that
ComfyUI's converter leaves of tensors with more than four sides.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from .header import (
    FIRST_BYTES,
    MAX_DIMENSIONS,
    MAX_HEADER_BYTES,
    MAX_NAME_BYTES,
    MAX_TENSORS,
    MAX_VALUE,
    Header,
    Told,
    read_header,
    sampled,
)
from .reading import open_ordinary, printable, read_exactly, unreadable, why_not

SUFFIX = ".gguf"
VERSIONS = (2, 3)
MAX_NOTES = 10_000
MAX_TEXT_BYTES = 2**20  # of a note
ALIGNMENT = 32
_ALIGNED = "general.alignment"
_SHAPE = "comfy.gguf.orig_shape."
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9


@dataclass(frozen=True)
class Kind:
    """How numbers are written: so many in a block of so many bytes."""

    name: str
    numbers: int
    bytes: int


KINDS = {  # by their number in files, those that can be read
    0: Kind("F32", 1, 4),
    1: Kind("F16", 1, 2),
    2: Kind("Q4_0", 32, 18),
    3: Kind("Q4_1", 32, 20),
    6: Kind("Q5_0", 32, 22),
    7: Kind("Q5_1", 32, 24),
    8: Kind("Q8_0", 32, 34),
    10: Kind("Q2_K", 256, 84),
    11: Kind("Q3_K", 256, 110),
    12: Kind("Q4_K", 256, 144),
    13: Kind("Q5_K", 256, 176),
    14: Kind("Q6_K", 256, 210),
    20: Kind("IQ4_NL", 32, 18),
    23: Kind("IQ4_XS", 256, 136),
    30: Kind("BF16", 1, 2),
}
OTHERS = {  # by their number, those that have a name and cannot be read
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    21: "IQ3_S",
    22: "IQ2_S",
    24: "I8",
    25: "I16",
    26: "I32",
    27: "I64",
    28: "F64",
    29: "IQ1_M",
    34: "TQ1_0",
    35: "TQ2_0",
    39: "MXFP4",
}


@dataclass(frozen=True)
class Tensor:
    """shape: as torch has it, the sides that lie together last. rows: the same as the file has it. place: of its first
    byte in the file; size: in bytes.
    """

    kind: Kind
    shape: tuple[int, ...]
    rows: tuple[int, ...]
    place: int
    size: int


def read_gguf(file: Path) -> dict[str, Tensor]:
    """Raises BridgeError: model_unreadable for what is no whole .gguf file, unsupported for numbers of other kinds."""
    with open_ordinary(file) as stream:
        try:
            size = os.fstat(stream.fileno()).st_size
            text = b""
            for most in (FIRST_BYTES, FIRST_BYTES * 16, MAX_HEADER_BYTES):
                text += read_exactly(stream, most - len(text))
                try:
                    return _parsed(text, size)
                except _TooShortError:
                    if len(text) < most:
                        raise unreadable(file, "it ends in the middle: the download is not complete") from None
        except OSError as error:
            raise unreadable(file, why_not(error)) from error
        except _OtherNumbersError as error:
            text = f"{file.name} has numbers that Layerbridge cannot read ({error}). Get it as Q8_0 to Q2_K or IQ4."
            raise BridgeError(ErrorCode.UNSUPPORTED, printable(text)) from error
        except ValueError as error:
            raise unreadable(file, f"its header cannot be read ({error})") from error
    raise unreadable(file, f"its header has more than {MAX_HEADER_BYTES / 2**20:.0f} MB")


def told_of(file: Path) -> Told:
    """What the header of a file with tensors tells, of either kind. Raises what `read_gguf` and `read_header` raise."""
    if file.suffix.lower() != SUFFIX:
        return read_header(file)
    tensors = read_gguf(file)
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    return Told(file.stat().st_size, Header(shapes, {}), fingerprint=sampled(file))


class _TooShortError(Exception):
    """More of the file is needed."""


class _OtherNumbersError(Exception):
    """A tensor has numbers of a kind that cannot be read; the text names it."""


class _Cursor:
    """Reads on in the bytes of a header."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.at = 0

    def take(self, count: int) -> bytes:
        if count > len(self._text) - self.at:
            if count > MAX_HEADER_BYTES:
                raise ValueError("a note longer than the header")
            raise _TooShortError
        self.at += count
        return self._text[self.at - count : self.at]

    def number(self, form: str) -> int:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))[0]

    def text(self, most: int) -> str:
        length = self.number("Q")
        if length > most:
            raise ValueError(f"a text of {length:,} bytes")
        return self.take(length).decode("utf-8")

    def note(self) -> int | tuple[int, ...] | None:
        """A whole number, or a few; None: anything else, passed over."""
        kind = self.number("I")
        if kind == _ARRAY:
            return self._array()
        if kind == _TEXT:
            self.text(MAX_TEXT_BYTES)
            return None
        if kind not in _NUMBERS:
            raise ValueError(f"a note of the unknown kind {kind}")
        value = self.number(_NUMBERS[kind])
        return value if type(value) is int else None

    def _array(self) -> tuple[int, ...] | None:
        kind, count = self.number("I"), self.number("Q")
        if kind == _TEXT:
            for _ in range(min(count, MAX_HEADER_BYTES)):
                self.text(MAX_TEXT_BYTES)
            return None
        if kind not in _NUMBERS:
            raise ValueError(f"a list of the unknown kind {kind}")
        width = struct.calcsize(f"<{_NUMBERS[kind]}")
        data = self.take(count * width)
        if count > MAX_DIMENSIONS:
            return None
        values = struct.unpack(f"<{count}{_NUMBERS[kind]}", data)
        return values if all(type(value) is int for value in values) else None


def _parsed(text: bytes, size: int) -> dict[str, Tensor]:
    cursor = _Cursor(text)
    if cursor.take(4) != b"GGUF":
        raise ValueError("it is no GGUF file")
    version, count, notes = cursor.number("I"), cursor.number("Q"), cursor.number("Q")
    if version not in VERSIONS or count > MAX_TENSORS or notes > MAX_NOTES:
        raise ValueError(f"version {version}, {count:,} tensors, {notes:,} notes")
    told = {cursor.text(MAX_NAME_BYTES): cursor.note() for _ in range(notes)}
    listed = [_entry(cursor) for _ in range(count)]
    aligned = told.get(_ALIGNED, ALIGNMENT)
    if not isinstance(aligned, int) or not 1 <= aligned <= 2**20:
        raise ValueError("an impossible alignment")
    start = math.ceil(cursor.at / aligned) * aligned
    made = {
        name: _placed(name, rows, kind, start + offset, told.get(_SHAPE + name), size)
        for name, rows, kind, offset in listed
    }
    if len(made) < count:
        raise ValueError("a tensor named twice")
    if sum(tensor.size for tensor in made.values()) > size - start:
        raise ValueError("tensors that lie on one another")
    return made


def _entry(cursor: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    """Name, sides as torch has them, kind, and place in the data."""
    name, count = cursor.text(MAX_NAME_BYTES), cursor.number("I")
    if count > MAX_DIMENSIONS:
        raise ValueError(f"a tensor with {count:,} sides")
    sides = tuple(cursor.number("Q") for _ in range(count))
    if any(side > MAX_VALUE for side in sides):
        raise ValueError("a tensor with an impossible shape")
    return name, sides[::-1], cursor.number("I"), cursor.number("Q")


def _placed(name: str, rows: tuple[int, ...], kind: int, place: int, shape: object, size: int) -> Tensor:
    known = KINDS.get(kind)
    if known is None:
        raise _OtherNumbersError(OTHERS.get(kind, f"kind {kind}"))
    numbers = math.prod(rows)
    if (rows[-1] if rows else 1) % known.numbers:
        raise ValueError(f"{name[:100]} ends in the middle of a block")
    length = numbers // known.numbers * known.bytes
    if place + length > size:
        raise ValueError("it is shorter than its header says: the download is not complete")
    whole = shape if isinstance(shape, tuple) else rows
    if math.prod(whole) != numbers or not all(0 <= side <= MAX_VALUE for side in whole):
        raise ValueError(f"{name[:100]} has two sizes")
    return Tensor(known, whole, rows, place, length)

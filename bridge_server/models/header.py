"""The header of a .safetensors file, read strictly and within limits (standard library only).

The format: https://github.com/huggingface/safetensors#format. A header is one JSON object of small, flat objects, so it
is read tensor by tensor: whatever a file says, no more than its own bytes and what is asked for is held in memory, and
no long call keeps the daemon's other threads waiting.
"""

from __future__ import annotations

import json
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import BridgeError
from .keys import MANY_BYTES, SAMPLE_BYTES, START_BYTES, fingerprint
from .reading import open_ordinary, read_exactly, unreadable, why_not

MAX_HEADER_BYTES = 8 * 2**20  # a Stable Diffusion checkpoint has 150 kB; training notes in it come to a few MB at most
MAX_TENSORS = 20_000  # a checkpoint with its EMA weights has 2,000, the largest adapters some 6,000
MAX_NAME_BYTES = 1000
MAX_ENTRY_BYTES = 1000  # dtype, shape and two offsets take 100
MAX_DIMENSIONS = 8  # weights of convolutions in three dimensions have five
MAX_VALUE = 2**53  # of a side or an offset: what JSON numbers hold exactly
MAX_NOTES = 100  # metadata entries that are kept
MAX_NOTE_BYTES = 2000  # longer ones are training logs and merge recipes
FIRST_BYTES = 64 * 2**10  # one read that holds the whole header of a small file, and the first names of any
_NOTE_PREFIX = b"modelspec."

_SPACE = rb"[ \t\r\n]*"
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_OPEN = re.compile(_SPACE + rb"\{" + _SPACE)
_NAME = re.compile(_SPACE + rb"(" + _STRING + rb")" + _SPACE + rb":" + _SPACE, re.DOTALL)
_TEXT = re.compile(_STRING, re.DOTALL)
_NEXT = re.compile(_SPACE + rb"([,}])" + _SPACE)
_LORA = re.compile(  # in a tensor's name: only that is followed by a brace; each text is looked through once
    rb'"(?=lora_|lycoris_|[^"\\]{0,500}?(?:[._]lora\d?[._]|\.lokr_|\.hada_|\.oft_))[^"\\]{0,1000}"\s*:\s*\{'
)


@dataclass(frozen=True)
class Header:
    """shapes: of the tensors by name, each side 0 or more. metadata: the file's own notes of the Model Spec."""

    shapes: dict[str, tuple[int, ...]]
    metadata: dict[str, str]


@dataclass(frozen=True)
class Told:
    """What a header turned out to be: its content, or `adapter`, its text, where its first names are those of a LoRA:
    there may be thousands of those, and reading all their tensors would take long. size: bytes of the file.
    fingerprint: see keys.py.
    """

    size: int
    header: Header
    adapter: bytes = b""
    fingerprint: str = ""


def read_header(file: Path, *, whole: bool = False) -> Told:
    """whole: of adapters too. Raises BridgeError(model_unreadable) for what is no whole .safetensors file."""
    with open_ordinary(file) as stream:
        try:
            size = os.fstat(stream.fileno()).st_size
            start = read_exactly(stream, 8 + FIRST_BYTES)
            length = _length(file, start, size)
            text = start[8 : 8 + length]
            text += read_exactly(stream, length - len(text))
            told = _fingerprint(stream, size, start)
        except OSError as error:
            raise unreadable(file, why_not(error)) from error
    if len(text) < length:
        raise unreadable(file, "it ends in the middle: the download is not complete")
    if not whole and _names_lora(text):
        return Told(size, Header({}, {}), adapter=text, fingerprint=told)
    try:
        header, end = parse(text)
    except (ValueError, RecursionError) as error:
        why = str(error) if type(error) is ValueError else "not JSON"
        raise unreadable(file, f"its header cannot be read ({why})") from error
    if size < 8 + length + end:
        raise unreadable(file, "it is shorter than its header says: the download is not complete")
    if size > 8 + length + end:
        raise unreadable(file, "it is longer than its header says")
    return Told(size, header, fingerprint=told)


def sampled(file: Path) -> str:
    """The fingerprint of any file; empty where it cannot be read."""
    try:
        with open_ordinary(file) as stream:
            return _fingerprint(stream, os.fstat(stream.fileno()).st_size, read_exactly(stream, START_BYTES))
    except (BridgeError, OSError):
        return ""


def _names_lora(text: bytes) -> bool:
    """The commonest names are looked for first, which takes a tenth of the time."""
    at = text.find(b'"lora_')
    return bool((at >= 0 and _LORA.match(text, at)) or _LORA.search(text))


def _fingerprint(stream: BinaryIO, size: int, start: bytes) -> str:
    """Of a file that begins with `start`. Raises OSError."""
    pieces = [b"%d" % size, start[:START_BYTES]]
    if size <= len(start):
        pieces.append(start[-SAMPLE_BYTES:])
    else:
        places = [size // 2] if size > MANY_BYTES else []
        for place in (*places, max(0, size - SAMPLE_BYTES)):
            stream.seek(place)
            pieces.append(read_exactly(stream, SAMPLE_BYTES))
    return fingerprint(pieces)


def _length(file: Path, start: bytes, size: int) -> int:
    length = struct.unpack("<Q", start[:8])[0] if len(start) >= 8 else 0
    if length < 2 or start[8:9] not in (b"{", b" ", b""):
        raise unreadable(file, "it is not a safetensors file")
    if 8 + length > size:
        raise unreadable(file, "it ends in the middle: the download is not complete")
    if length > MAX_HEADER_BYTES:
        raise unreadable(file, f"its header has {length / 2**20:.0f} MB; the largest of real models have a few")
    return length


def parse(text: bytes) -> tuple[Header, int]:
    """The header, and where the last tensor ends in the data. Raises ValueError with a few words."""
    shapes: dict[str, tuple[int, ...]] = {}
    metadata: dict[str, str] = {}
    last = 0
    at, more = _begin(text, 0)
    while more:
        raw, at = _name(text, at)
        if raw == b"__metadata__":
            metadata, at = _metadata(text, at)
        else:
            name = _decoded(raw)
            shape, end, at = _tensor(text, at)
            if name in shapes or len(shapes) >= MAX_TENSORS:
                raise ValueError(f"more than {MAX_TENSORS} tensors" if name not in shapes else "a tensor named twice")
            shapes[name] = shape
            last = max(last, end)
        at, more = _following(text, at)
    if text[at:].strip(b" \t\r\n"):
        raise ValueError("something follows its end")
    return Header(shapes, metadata), last


def _begin(text: bytes, at: int) -> tuple[int, bool]:
    """Behind an opening brace, and whether anything stands in it."""
    opened = _OPEN.match(text, at)
    if opened is None:
        raise ValueError("no JSON object")
    at = opened.end()
    return (at + 1, False) if text[at : at + 1] == b"}" else (at, True)


def _following(text: bytes, at: int) -> tuple[int, bool]:
    found = _NEXT.match(text, at)
    if found is None:
        raise ValueError("not JSON")
    return found.end(), found[1] == b","


def _name(text: bytes, at: int) -> tuple[bytes, int]:
    """The bytes between the quotes of a name, and where its value begins."""
    found = _NAME.match(text, at)
    if found is None or found.end(1) - found.start(1) > MAX_NAME_BYTES:
        raise ValueError("not JSON" if found is None else "a name of more than a thousand letters")
    return found[1][1:-1], found.end()


def _decoded(raw: bytes) -> str:
    return str(json.loads(b'"' + raw + b'"')) if b"\\" in raw else raw.decode("utf-8")


def _metadata(text: bytes, at: int) -> tuple[dict[str, str], int]:
    """The notes of the Model Spec; others, which may be long, are only passed over."""
    notes: dict[str, str] = {}
    if text[at : at + 1] != b"{":
        raise ValueError("its __metadata__ is no JSON object")
    at, more = _begin(text, at)
    while more:
        raw, at = _name(text, at)
        value = _TEXT.match(text, at)
        if value is None:
            raise ValueError("its notes are not text")
        at = value.end()
        if raw.startswith(_NOTE_PREFIX) and len(notes) < MAX_NOTES and at - value.start() <= MAX_NOTE_BYTES:
            notes[_decoded(raw)] = _decoded(value[0][1:-1])
        at, more = _following(text, at)
    return notes, at


def _tensor(text: bytes, at: int) -> tuple[tuple[int, ...], int, int]:
    """Shape, end in the data, and where the text goes on."""
    end = text.find(b"}", at, at + MAX_ENTRY_BYTES) + 1
    value: Any = json.loads(text[at:end]) if end else None
    if not isinstance(value, dict):
        raise ValueError("it describes no tensors")
    entry = cast("dict[str, Any]", value)
    shape, offsets = _sizes(entry.get("shape")), _sizes(entry.get("data_offsets"))
    if shape is None or offsets is None or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise ValueError("a tensor with an impossible shape or place")
    return shape, offsets[1], end


def _sizes(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, list):
        return None
    sides = cast("list[Any]", value)
    if len(sides) > MAX_DIMENSIONS or not all(type(side) is int and 0 <= side <= MAX_VALUE for side in sides):
        return None
    return tuple(sides)

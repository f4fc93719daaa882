"""Reads small files that anybody may have put into a model folder (standard library only).

Only ordinary files are opened, never more than a given number of bytes is read, and what cannot be read is a
BridgeError(model_unreadable) that names the file.
"""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from ..errors import BridgeError, ErrorCode

MAX_JSON_BYTES = 2**20  # configurations are a few kB; a tokenizer's settings with many added words are the largest
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_file(path: Path) -> bool:
    """Whether an ordinary file is there, and can be looked at."""
    try:
        return path.is_file()
    except OSError:
        return False


def open_ordinary(path: Path) -> BinaryIO:
    """The file, unbuffered. A pipe, socket or device is not opened: that could wait for ever, or do something."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise unreadable(path, "it is not an ordinary file")
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        return cast("BinaryIO", os.fdopen(os.open(path, flags), "rb", buffering=0))
    except (OSError, ValueError) as error:
        raise unreadable(path, why_not(error)) from error


def read_start(path: Path, count: int) -> bytes:
    """The first `count` bytes of the file, fewer where it is shorter."""
    with open_ordinary(path) as stream:
        try:
            return read_exactly(stream, count)
        except OSError as error:
            raise unreadable(path, why_not(error)) from error


def read_exactly(stream: BinaryIO, count: int) -> bytes:
    """`count` bytes of an unbuffered stream, fewer only where it ends. Raises OSError."""
    pieces: list[bytes] = []
    while count > 0 and (piece := stream.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def read_json(path: Path, most: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """The JSON object in a file of at most `most` bytes. NaN and infinity, which JSON does not have, are refused."""
    text = read_start(path, most + 1)
    if len(text) > most:
        raise unreadable(path, f"it is larger than {most / 2**20:.0f} MB, which such a file never is")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise unreadable(path, "it is not JSON") from error
    if not isinstance(value, dict):
        raise unreadable(path, "it is not a JSON object")
    return cast("dict[str, Any]", value)


def unreadable(path: Path, why: str) -> BridgeError:
    return BridgeError(
        ErrorCode.MODEL_UNREADABLE,
        printable(
            f"{path.name} of the model in {path.parent} cannot be used: {why}. Mend the file, or get the model again."
        ),
    )


def why_not(error: OSError | ValueError) -> str:
    """Why a file cannot be opened, as the operating system says it."""
    return (error.strerror if isinstance(error, OSError) else "") or "it cannot be read"


def printable(text: str, most: int = 1000) -> str:
    """`text` as it can be shown and sent: what is no character, or steers a terminal, becomes U+FFFD."""
    shown = text if text.isprintable() else _NOT_SHOWN.sub("\ufffd", text)
    return shown if len(shown) <= most else f"{shown[: most - 2]} …"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)

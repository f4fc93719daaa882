"""Which weights exactly: SHA-256 over a model's weight files, remembered by size and time (standard library only).

Hashing 4 GB takes seconds, so the catalogue only looks the hash up; the worker computes it while the model loads and
writes it to the same small JSON file: {"<path>": [bytes, modified in ns, changed in ns, SHA-256 in hex]}.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from ..errors import BridgeError
from .reading import read_json

HASH_LENGTH = 16  # hex digits that results carry
CHUNK_BYTES = 4 * 1024 * 1024
MAX_CACHE_BYTES = 16 * 2**20  # of a hundred thousand weight files

Known = Mapping[
    str, Any
]  # path of a weight file -> [bytes, modified in ns, changed in ns, SHA-256 in hex]; not checked yet
_SHA256 = re.compile(r"[0-9a-f]{64}")


def weights_hash(root: Path, files: Sequence[Path], cache: Path | None) -> str:
    """First 16 hex digits over the files: one file's own SHA-256, or that of "<name> <SHA-256>" lines in name order.

    Reads what `cache` does not know and adds it there, if it can: on Windows another process may have it open just now,
    and then the files are hashed again another time. Raises OSError where a weight file cannot be read.
    """
    before = remembered(cache)
    known = dict(before)
    digests: dict[Path, str] = {}
    for file in files:
        status = file.stat()
        digests[file] = _lookup(known, file) or _digest(file)
        known[str(file)] = [*_stamp(status), digests[file]]
    if cache is not None and known != before:
        with suppress(OSError):
            _write(cache, known)
    return _combined(root, digests)


def known_hash(root: Path, files: Sequence[Path], known: Known) -> str:
    """The same hash if `known` has every file as it is now, else the empty string. Opens no weights."""
    digests = {file: digest for file in files if (digest := _lookup(known, file))}
    return _combined(root, digests) if digests and len(digests) == len(files) else ""


def remembered(cache: Path | None) -> Known:
    """What is remembered; a missing, damaged or unreadable file remembers nothing."""
    if cache is None or not cache.exists():
        return {}
    try:
        return read_json(cache, MAX_CACHE_BYTES)
    except BridgeError:
        return {}


def _combined(root: Path, digests: dict[Path, str]) -> str:
    if len(digests) == 1 and root in digests:
        return digests[root][:HASH_LENGTH]
    lines = sorted(f"{file.relative_to(root).as_posix()} {digest}\n" for file, digest in digests.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:HASH_LENGTH]


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _lookup(known: Known, file: Path) -> str | None:
    entry = known.get(str(file))
    if not isinstance(entry, list):
        return None
    told = cast("list[Any]", entry)
    try:
        status = file.stat()
    except OSError:
        return None
    if told[:-1] == _stamp(status) and _SHA256.fullmatch(str(told[-1])):
        return str(told[-1])
    return None


def _stamp(status: os.stat_result) -> list[int]:
    """What differs where the content may: a copy that keeps the time of a file (`cp -p`) changes the last."""
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _write(cache: Path, known: Known) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_name(f"{cache.name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(dict(known), indent=0), encoding="utf-8")
        part.replace(cache)
    except OSError:
        part.unlink(missing_ok=True)
        raise

"""Which weights exactly: SHA-256 over a model's weight files, remembered by size and time (standard library only).

Hashing 4 GB takes seconds, so the catalogue only looks the hash up; the worker computes it while the model loads and
writes it to the same small JSON file: {"<path>": [bytes, modified in ns, SHA-256 in hex]}.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import BridgeError
from .overrides import read_json

HASH_LENGTH = 16  # hex digits that results carry
CHUNK_BYTES = 4 * 1024 * 1024


def weights_hash(root: Path, files: Sequence[Path], cache: Path | None) -> str:
    """First 16 hex digits over the files: one file's own SHA-256, or that of "<name> <SHA-256>" lines in name order.

    Reads what `cache` does not know and adds it there. Raises OSError where a weight file cannot be read.
    """
    known = _read(cache)
    digests: dict[Path, str] = {}
    for file in files:
        digests[file] = _lookup(known, file) or _digest(file)
        status = file.stat()
        known[str(file)] = [status.st_size, status.st_mtime_ns, digests[file]]
    if cache is not None:
        _write(cache, known)
    return _combined(root, digests)


def known_hash(root: Path, files: Sequence[Path], cache: Path | None) -> str:
    """The same hash if `cache` knows every file as it is now, else the empty string. Opens no weights."""
    known = _read(cache)
    digests = {file: digest for file in files if (digest := _lookup(known, file))}
    return _combined(root, digests) if digests and len(digests) == len(files) else ""


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


def _lookup(known: dict[str, list[object]], file: Path) -> str | None:
    entry = known.get(str(file))
    try:
        status = file.stat()
    except OSError:
        return None
    if isinstance(entry, list) and len(entry) == 3 and entry[:2] == [status.st_size, status.st_mtime_ns]:
        return str(entry[2])
    return None


def _read(cache: Path | None) -> dict[str, list[object]]:
    """What is remembered; a missing or damaged file remembers nothing."""
    if cache is None or not cache.is_file():
        return {}
    try:
        return read_json(cache)
    except BridgeError:
        return {}


def _write(cache: Path, known: dict[str, list[object]]) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_name(f"{cache.name}.{os.getpid()}.part")
    part.write_text(json.dumps(known, indent=0), encoding="utf-8")
    part.replace(cache)

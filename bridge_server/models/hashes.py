"""Which weights exactly: SHA-256 over a model's weight files, remembered by size and time (standard library only).

Hashing 4 GB takes seconds, so the catalogue only looks the hash up; the worker computes it when it loads the model and
writes it into the model store (database.py).
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from .database import ask, write

HASH_LENGTH = 16  # hex digits that results carry
CHUNK_BYTES = 4 * 1024 * 1024

Entry = tuple[int, int, int, str]  # bytes, modified in ns, changed in ns, SHA-256 in hex
Known = Mapping[str, Entry]  # by the path of a weight file
_SHA256 = re.compile(r"[0-9a-f]{64}")


def weights_hash(root: Path, files: Sequence[Path], store: Path | None) -> str:
    """First 16 hex digits over the files: one file's own SHA-256, or that of "<name> <SHA-256>" lines in name order.

    Raises OSError where a weight file cannot be read.
    """
    return combined(root, digests_of(files, store))


def digests_of(files: Sequence[Path], store: Path | None) -> dict[Path, str]:
    """SHA-256 in hex of each file. Reads what `store` does not know and adds it there, if it can.

    Raises OSError where a file cannot be read.
    """
    known = remembered(store)
    digests: dict[Path, str] = {}
    fresh: list[tuple[str, int, int, int, str]] = []
    for file in files:
        status = file.stat()
        digest = _lookup(known, file)
        if digest is None:
            digest = _digest(file)
            fresh.append((str(file), *_stamp(status), digest))
        digests[file] = digest
    if store is not None and fresh:
        write(store, lambda database: database.executemany("INSERT OR REPLACE INTO weights VALUES (?,?,?,?,?)", fresh))
    return digests


def known_hash(root: Path, files: Sequence[Path], known: Known) -> str:
    """The same hash if `known` has every file as it is now, else the empty string. Opens no weights."""
    digests = {file: digest for file in files if (digest := _lookup(known, file))}
    return combined(root, digests) if digests and len(digests) == len(files) else ""


def remembered(store: Path | None) -> Known:
    """What is remembered; a store that is missing or cannot be read remembers nothing."""
    return {} if store is None else ask(store, _all, {})


def _all(database: sqlite3.Connection) -> dict[str, Entry]:
    rows = database.execute("SELECT path, size, mtime_ns, ctime_ns, sha256 FROM weights").fetchall()
    return {path: (size, modified, changed, digest) for path, size, modified, changed, digest in rows}


def combined(root: Path, digests: Mapping[Path, str]) -> str:
    """See weights_hash."""
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
    if entry is None:
        return None
    try:
        status = file.stat()
    except OSError:
        return None
    return entry[-1] if entry[:-1] == _stamp(status) and _SHA256.fullmatch(str(entry[-1])) else None


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    """What differs where the content may: a copy that keeps the time of a file (`cp -p`) changes the last."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns

"""A file that only takes room, given back when the disk is full: so a daemon can start, and old jobs can be deleted."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .faults import FULL, sqlite_code

log = logging.getLogger(__name__)

T = TypeVar("T")

BALLAST_BYTES = (
    8 * 2**20
)  # twice what the journal's write-ahead log grows to before it is emptied: 1,000 pages of 4 KiB
LEAST_BYTES = 256 * 2**10  # a start needs the index of that log (32 KiB), some pages, runtime.json
CHUNK_BYTES = 2**20
UNSURE = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
)  # what SQLite says where files beside it cannot grow


class Ballast:
    """Used from any thread. path: a file on the disk that is to have room, in a folder that exists by then."""

    def __init__(self, path: Path, size: int = BALLAST_BYTES) -> None:
        self._path = path
        self._size = size
        self._lock = threading.Lock()

    def with_room(self, operation: Callable[[], T]) -> T:
        """What `operation` gives; where the disk is too full for it the ballast goes, and it is tried once more.

        Raises what the operation raises.
        """
        try:
            return operation()
        except (OSError, sqlite3.Error) as error:
            if not (self._would_help(error) and self.release()):
                raise
        return operation()

    def release(self) -> bool:
        """Give the room back. False where there was none to give."""
        with self._lock:
            kept = self._kept()
            try:
                self._path.unlink()
            except OSError:
                return False
        log.warning("the disk of %s is full: %d KiB that were kept for this are given back", self._path, kept >> 10)
        return kept > 0

    def fill(self) -> None:
        """Keep half of what is free, up to the full size. Raises OSError; what was kept before stays."""
        with self._lock:
            kept = self._kept()
            wanted = min(self._size, (self._free() + kept) // 2)
            if wanted <= kept or wanted < min(self._size, LEAST_BYTES):
                return
            try:
                with self._path.open("ab", buffering=0) as file:
                    for begin in range(kept, wanted, CHUNK_BYTES):
                        _write_all(file.fileno(), os.urandom(min(CHUNK_BYTES, wanted - begin)))  # nothing to compress
            except OSError:
                os.truncate(self._path, kept)
                raise

    def _kept(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def _free(self) -> int:
        return shutil.disk_usage(self._path.parent).free

    def _would_help(self, error: OSError | sqlite3.Error) -> bool:
        if isinstance(error, OSError):
            return error.errno in FULL
        code = sqlite_code(error)
        try:
            return code == sqlite3.SQLITE_FULL or (code in UNSURE and self._free() < self._size)
        except OSError:
            return False


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        written = os.write(handle, view)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]

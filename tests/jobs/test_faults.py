"""Every way in which a disk or the journal refuses: its code, and a remedy that helps."""

from __future__ import annotations

import errno
import os
import sqlite3

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.http.call import as_bridge_error

FREE, WRITABLE = "Free some space", "ritable again"
FILES = [
    (errno.ENOSPC, ErrorCode.DISK_FULL, FREE),
    (errno.EDQUOT, ErrorCode.DISK_FULL, FREE),
    (errno.EFBIG, ErrorCode.DISK_FULL, FREE),
    (errno.EROFS, ErrorCode.FOLDER_UNWRITABLE, WRITABLE),
    (errno.EACCES, ErrorCode.FOLDER_UNWRITABLE, "the right to write"),
    (errno.EPERM, ErrorCode.FOLDER_UNWRITABLE, "the right to write"),
    (errno.EIO, ErrorCode.FOLDER_UNWRITABLE, "layerbridge doctor"),
    (errno.ENOENT, ErrorCode.FOLDER_UNWRITABLE, "layerbridge doctor"),
    (errno.EMFILE, ErrorCode.FOLDER_UNWRITABLE, "layerbridge doctor"),
]
JOURNAL = [
    (sqlite3.SQLITE_FULL, ErrorCode.DISK_FULL, FREE),
    (sqlite3.SQLITE_READONLY, ErrorCode.FOLDER_UNWRITABLE, WRITABLE),
    (sqlite3.SQLITE_READONLY_DBMOVED, ErrorCode.FOLDER_UNWRITABLE, WRITABLE),
    (sqlite3.SQLITE_IOERR, ErrorCode.DISK_FULL, "Is the disk full"),
    (sqlite3.SQLITE_IOERR_WRITE, ErrorCode.DISK_FULL, "Is the disk full"),
    (sqlite3.SQLITE_CANTOPEN, ErrorCode.DISK_FULL, "Is the disk full"),
    (sqlite3.SQLITE_BUSY, ErrorCode.FOLDER_UNWRITABLE, "Try again"),
    (sqlite3.SQLITE_LOCKED, ErrorCode.FOLDER_UNWRITABLE, "Try again"),
    (sqlite3.SQLITE_CORRUPT, ErrorCode.INTERNAL, "start it again"),
    (sqlite3.SQLITE_NOTADB, ErrorCode.INTERNAL, "start it again"),
]


@pytest.mark.parametrize(("number", "code", "words"), FILES)
@pytest.mark.parametrize("path", ["/pictures/spool/a", None])
def test_of_files(number: int, code: ErrorCode, words: str, path: str | None) -> None:
    told = as_bridge_error(OSError(number, os.strerror(number), path))
    assert told.code is code
    assert words in told.message
    assert (path or "(") in told.message or path is None
    assert (FREE in told.message) == (code is ErrorCode.DISK_FULL)
    assert "Errno" not in told.message


@pytest.mark.parametrize(("number", "code", "words"), JOURNAL)
def test_of_the_journal(number: int, code: ErrorCode, words: str) -> None:
    error = sqlite3.OperationalError("words of SQLite")
    error.sqlite_errorcode = number
    told = as_bridge_error(error)
    assert told.code is code
    assert words in told.message
    assert "words of SQLite" not in told.message


def test_what_is_no_fault_of_the_disk_is_one_of_ours() -> None:
    assert as_bridge_error(ValueError("x")).code is ErrorCode.INTERNAL

"""What went wrong with the disk or the journal, as a sentence with the right remedy."""

from __future__ import annotations

import errno
import sqlite3

from ..errors import BridgeError, ErrorCode
from ..sqlite_format import is_damage, sqlite_code

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def is_full(error: Exception) -> bool:
    """The disk has no room; an I/O error of SQLite counts, since that is how it says that it got none for its index of
    the write-ahead log."""
    if isinstance(error, sqlite3.Error):
        return sqlite_code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return isinstance(error, OSError) and error.errno in FULL


def storage_error(error: OSError | sqlite3.Error) -> BridgeError:
    """What a user is told."""
    return _of_journal(error) if isinstance(error, sqlite3.Error) else _of_files(error)


def _of_files(error: OSError) -> BridgeError:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in FULL:
        return BridgeError(
            ErrorCode.DISK_FULL, f"The disk is full{where}. Free some space, or delete old jobs in History."
        )
    if error.errno == errno.EROFS:
        return BridgeError(
            ErrorCode.FOLDER_UNWRITABLE,
            f"Layerbridge's folder is read-only{where}. Make it writable again, or move it with LAYERBRIDGE_HOME.",
        )
    if error.errno in REFUSED:
        return BridgeError(
            ErrorCode.FOLDER_UNWRITABLE,
            f"Layerbridge may not write to its folder{where}. Give yourself the right to write there.",
        )
    reason = error.strerror or str(error)
    return BridgeError(
        ErrorCode.FOLDER_UNWRITABLE, f"Layerbridge's folder cannot be used{where}: {reason}. Run `layerbridge doctor`."
    )


def _of_journal(error: sqlite3.Error) -> BridgeError:
    code = sqlite_code(error)
    if is_damage(error):
        return BridgeError(
            ErrorCode.INTERNAL,
            "The job journal is damaged. Stop Layerbridge and start it again: it mends the journal when it starts.",
            str(error),
        )
    if code == sqlite3.SQLITE_FULL:
        text = "The disk is full: the job journal cannot be written. Free some space, or delete old jobs in History."
        return BridgeError(ErrorCode.DISK_FULL, text)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        text = "Another program holds the job journal, such as a backup or a virus scanner. Try again in a moment."
        return BridgeError(ErrorCode.FOLDER_UNWRITABLE, text)
    if code == sqlite3.SQLITE_READONLY:
        text = "The job journal is read-only. Make Layerbridge's folder writable again; `layerbridge doctor` names it."
        return BridgeError(ErrorCode.FOLDER_UNWRITABLE, text)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        text = "The job journal cannot be read or written. Is the disk full, or no longer connected?"
        return BridgeError(ErrorCode.DISK_FULL, text, str(error))
    return BridgeError(
        ErrorCode.INTERNAL, "A fault in Layerbridge. Please report it with the daemon's log.", str(error)
    )

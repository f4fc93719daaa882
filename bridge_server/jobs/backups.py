"""Backups of the journal: one a day, and one before each change of its format; few are kept."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from ..durable import PART, sync_file, sync_folder
from ..patience import patiently

KEPT = 3  # of the daily ones, and of those before a change of format
DAY_SECONDS = 86400.0
DAILY = "journal-[0-9]*.sqlite3"
BEFORE = "journal-before-format-*.sqlite3"


def backup_folder(journal: Path) -> Path:
    return journal.with_name("backups")


def is_due(folder: Path) -> bool:
    """Whether the newest daily backup is a day old, or there is none."""
    newest = max((file.stat().st_mtime for file in folder.glob(DAILY)), default=0.0)
    return not 0 <= time.time() - newest < DAY_SECONDS


def newest_first(folder: Path) -> list[Path]:
    files = [*folder.glob(DAILY), *folder.glob(BEFORE)]
    return sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)


def back_up(database: sqlite3.Connection, folder: Path, name: str | None = None) -> Path:
    """Copy an open journal, whole as of now, to `folder`, and drop the oldest copies.

    Raises OSError, and sqlite3.Error also where the copy fails its check: then the older backups stay.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / (name or f"journal-{time.strftime('%Y%m%d')}.sqlite3")
    part = path.with_name(path.name + PART)
    try:
        part.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy:
            part.chmod(0o600)
            database.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, which can be read without writing beside it
            check(copy)
        sync_file(part)
        patiently(lambda: part.replace(path))
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    for pattern in (DAILY, BEFORE):
        for old in sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    return path


def check(database: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError where SQLite finds a fault in the file."""
    said = str(database.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if said != "ok":
        error = sqlite3.DatabaseError(said)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

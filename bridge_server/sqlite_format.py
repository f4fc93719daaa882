"""The format of a SQLite file, step by step: migration n turns format n - 1 into format n (`PRAGMA user_version`).
What its errors mean is here too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

DAMAGED_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def version_of(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def migrate(database: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Bring a file of an older format to the newest; a step that another process makes meanwhile is made.

    Raises sqlite3.Error; the failed step is undone.
    """
    for number in range(version_of(database) + 1, len(migrations) + 1):
        try:
            database.executescript(f"BEGIN IMMEDIATE; {migrations[number - 1]}; PRAGMA user_version={number}; COMMIT;")
        except BaseException as error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error) or version_of(database) < number:
                raise


def sqlite_code(error: sqlite3.Error) -> int:
    """The primary result code; 0 where SQLite gave none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """The file's content is wrong: no waiting and no free space will help."""
    return sqlite_code(error) in DAMAGED_CODES

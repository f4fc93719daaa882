"""A new journal of what can be read of a damaged one and of its backups.

Tokens are taken from the damaged file only: a backup may hold some that were revoked since. A plug-in without one pairs
again, mostly by itself. Jobs that no file knows any more are found in the spool afterwards (notes.py).
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..durable import sync_file, sync_folder
from ..patience import patiently
from .backups import backup_folder, newest_first
from .migrations import NAME_OPERATIONS, TABLES, as_text, migrate

KEPT_DAMAGED = 3
MOST_LOOKUPS = 200_000  # rows looked for one by one between two that can be read: about two seconds
BESIDE = ("-wal", "-shm")


@dataclass(frozen=True)
class Rescued:
    """How many jobs were read from where, and where the damaged file was put."""

    jobs: int
    from_backup: int
    kept: Path

    def sentence(self, reason: str) -> str:
        backup = f" and {self.from_backup} from its backups" if self.from_backup else ""
        return (
            f"The job journal was damaged ({reason}) and has been mended: {self.jobs} job(s) were read from it"
            f"{backup}, and what else lies in the spool is listed again. The damaged file was kept as {self.kept}. "
            "If this happens again, check the disk."
        )


def rescue(journal: Path, spool: Path) -> Rescued:
    """Put a new journal in the place of a damaged one, which is kept beside it. Raises OSError and sqlite3.Error."""
    kept = _set_aside(journal)
    fresh = journal.with_name("journal.mended.sqlite3")
    fresh.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(fresh, isolation_level=None)) as target:
        fresh.chmod(0o600)
        migrate(target)
        target.execute("BEGIN")
        jobs = _take(journal, target, TABLES, None)
        from_backup = sum(
            _take(backup, target, ("clients", "jobs", "results"), spool)
            for backup in newest_first(backup_folder(journal))
        )
        target.execute(NAME_OPERATIONS)  # of rows of a backup that has none yet
        target.execute("DELETE FROM results WHERE job NOT IN (SELECT id FROM jobs)")
        target.execute("DELETE FROM tokens WHERE client NOT IN (SELECT id FROM clients)")
        target.execute("COMMIT")
    sync_file(fresh)
    for ending in BESIDE:  # before the new file has the name: its log must not be taken for that of the new one
        journal.with_name(journal.name + ending).unlink(missing_ok=True)
    patiently(lambda: fresh.replace(journal))
    sync_folder(journal.parent)
    return Rescued(jobs, from_backup, kept)


def damaged_files(journal: Path) -> list[Path]:
    """What earlier rescues have kept, oldest first."""
    return sorted(journal.parent.glob("journal.damaged-*.sqlite3"))


def _set_aside(journal: Path) -> Path:
    """Copy the damaged journal as it is, with its write-ahead log; of older ones only some are kept."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    taken = len(list(journal.parent.glob(f"journal.damaged-{stamp}*.sqlite3")))
    kept = journal.with_name(f"journal.damaged-{stamp}{f'-{taken + 1}' if taken else ''}.sqlite3")
    for ending in ("", "-wal"):
        source = journal.with_name(journal.name + ending)
        if source.exists():
            _copy(source, kept.with_name(kept.name + ending))
    for old in damaged_files(journal)[:-KEPT_DAMAGED]:
        for ending in ("", *BESIDE):
            old.with_name(old.name + ending).unlink(missing_ok=True)
    return kept


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copy2(source, target)
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _take(source: Path, target: sqlite3.Connection, tables: tuple[str, ...], spool: Path | None) -> int:
    """Add the rows that `target` does not have; how many jobs came.

    spool: given for a backup. Of its jobs those count that still have a folder, and one that waited then may have run
    since: it is not run again, but ends as interrupted.
    """
    before = _count(target)
    with contextlib.closing(sqlite3.connect(source, isolation_level=None)) as database:
        database.text_factory = as_text
        for table in tables:
            columns = _columns(target, table)
            for row in readable_rows(database, table):
                known = {name: value for name, value in row.items() if name in columns}
                if not _is_sound(known, columns):
                    continue
                if spool is not None and table == "jobs":
                    if not (spool / str(known["id"])).is_dir():
                        continue
                    known["state"] = "loading" if known["state"] == "queued" else known["state"]
                names, marks = ", ".join(known), ", ".join("?" * len(known))
                target.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", tuple(known.values()))
    return _count(target) - before


def _count(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM jobs").fetchone()[0])


@dataclass(frozen=True)
class Column:
    """may_be_empty: NULL is a value of it. may_be_missing: it has a default, for rows of an older format."""

    is_text: bool
    may_be_empty: bool
    may_be_missing: bool


def _columns(database: sqlite3.Connection, table: str) -> dict[str, Column]:
    rows = database.execute(f"PRAGMA table_info({table})").fetchall()
    return {
        str(name): Column(kind == "TEXT", not needed and not key, default is not None)
        for _, name, kind, needed, default, key in rows
    }


def _is_sound(row: dict[str, Any], columns: dict[str, Column]) -> bool:
    """Whether every value is of its column's type: on a destroyed page anything may stand."""
    for name, column in columns.items():
        if name not in row and column.may_be_missing:
            continue
        value = row.get(name)
        if value is None and column.may_be_empty:
            continue
        if column.is_text and not (isinstance(value, str) and "\ufffd" not in value and "\0" not in value):
            return False
        if not column.is_text and not isinstance(value, int | float):
            return False
    return True


def readable_rows(database: sqlite3.Connection, table: str) -> Generator[dict[str, Any]]:
    """Every row that can be reached: from the first on, from the last back, and one by one between."""
    seen: set[int] = set()
    ends: list[int] = []
    for order in ("ASC", "DESC"):
        last = None
        try:
            for number, row in _rows(database, f"SELECT rowid, * FROM {table} ORDER BY rowid {order}", ()):
                if number in seen:
                    break
                seen.add(number)
                last = number
                yield row
            else:
                if order == "ASC":
                    return
        except sqlite3.DatabaseError:
            pass
        ends.append(last if last is not None else 0)
    for number in range(ends[0] + 1, min(ends[1], ends[0] + MOST_LOOKUPS)):
        with contextlib.suppress(sqlite3.DatabaseError):
            for _, row in _rows(database, f"SELECT rowid, * FROM {table} WHERE rowid = ?", (number,)):
                yield row


def _rows(database: sqlite3.Connection, query: str, values: tuple[int, ...]) -> Generator[tuple[int, dict[str, Any]]]:
    cursor = database.execute(query, values)
    names = [column[0] for column in cursor.description][1:]
    for number, *row in cursor:
        yield int(number), dict(zip(names, row, strict=True))

"""Opening the journal: made where there is none, checked, mended where it is damaged, brought to the newest format."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..sqlite_format import is_damage, version_of
from .backups import back_up, backup_folder, check
from .ballast import Ballast
from .faults import storage_error
from .migrations import MIGRATIONS, TABLES, as_text, migrate
from .rescue import rescue

log = logging.getLogger(__name__)

BUSY_SECONDS = 30.0  # a backup program or a virus scanner may hold the file for a while


@dataclass(frozen=True)
class Opened:
    """A journal that can be used. remarks: what its owner should know, a sentence each."""

    path: Path
    database: sqlite3.Connection
    is_new: bool  # there was none: the spool may know more than it
    is_mended: bool
    remarks: tuple[str, ...]


def open_journal(
    path: Path, spool: Path | None = None, migrations: Sequence[str] = MIGRATIONS, ballast: Ballast | None = None
) -> Opened:
    """ballast: goes where the disk is full, and it is tried once more.

    Raises BridgeError where it cannot be opened: of a newer format, held, or on a disk that is full or read-only.
    """
    ballast = ballast or Ballast(path.with_name("ballast"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return ballast.with_room(lambda: _open(path, spool or path.with_name("spool"), migrations))
    except (OSError, sqlite3.Error) as error:
        raise storage_error(error) from error


def _open(path: Path, spool: Path, migrations: Sequence[str]) -> Opened:
    remarks: list[str] = []
    is_new = not path.exists() or not path.stat().st_size
    damage = None if is_new else find_damage(path, len(migrations))
    if damage is not None:
        remarks.append(rescue(path, spool).sentence(damage))
        log.error("%s", remarks[-1])
    database = _connect(path)
    try:
        version = version_of(database)
        if 0 < version < len(migrations):
            back_up(database, backup_folder(path), f"journal-before-format-{version + 1}.sqlite3")
        is_new = is_new or version == 0
        migrate(database, migrations)
    except BaseException:
        database.close()
        raise
    return Opened(path, database, is_new, damage is not None, tuple(remarks))


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        path.chmod(0o600)
        database.text_factory = as_text
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA fullfsync=ON")  # macOS: through the disk's own cache too
        database.execute("PRAGMA foreign_keys=ON")
    except BaseException:
        database.close()
        raise
    return database


def find_damage(path: Path, newest: int) -> str | None:
    """What is wrong with the file, in SQLite's words; None where it is sound. Changes nothing but what SQLite itself
    does after a crash.

    Raises BridgeError where its format is newer than `newest`, and sqlite3.Error where it cannot be read for another
    reason than damage.
    """
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)) as database:
        try:
            version = version_of(database)
            check(database)
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            return str(error)
    if version > newest:
        raise newer_format(path, version, newest)
    if version == 0 and not tables:
        return None
    missing = [table for table in TABLES if table not in tables]
    return f"it has no table {missing[0]}" if missing or version == 0 else None


def newer_format(path: Path, version: int, newest: int) -> BridgeError:
    return BridgeError(
        ErrorCode.INCOMPATIBLE_VERSION,
        f"The job journal {path} has format {version}; this version reads format {newest} and older. "
        "Update Layerbridge. Or move the file away: what lies in the spool is then listed in a new one.",
    )

"""The file of the model store: its format, and how it is opened (standard library only).

Nearly everything in it can be read from the models again, so a file that is damaged is put aside and made anew, and one
that cannot be opened is done without. What is lost then: the keys of models that were changed where they lie, and of
copies; all others come out the same. A daemon and its workers open it at the same time, each for a moment.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from ..sqlite_format import is_damage, migrate, version_of

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0  # others hold it for milliseconds

# models: a row each, also of those that are not there at the moment; sizes and times as the file system tells them, of
# a folder those of its weights. signature: what the files were like when they were read; name, note, problem and
# described (JSON, of those that can be used): what was read. The signature is empty of what could not be read.
# weights: hashes of weight files. meta: what read the models.
INITIAL = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE models (
    key TEXT PRIMARY KEY, path TEXT NOT NULL, source TEXT NOT NULL, role TEXT NOT NULL, family TEXT NOT NULL,
    format TEXT NOT NULL, license TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL, hash TEXT NOT NULL, settings TEXT NOT NULL, label TEXT NOT NULL,
    fingerprint TEXT NOT NULL, signature TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, problem TEXT NOT NULL,
    described TEXT, seen REAL NOT NULL);
CREATE TABLE weights (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL);
"""
MIGRATIONS: tuple[str, ...] = (INITIAL,)  # one that is released is never changed; a new format is a new one at the end

T = TypeVar("T")


def ask(path: Path, question: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
    """What `question` answers, in one transaction; `otherwise` where there is no store, or none that can be read.
    Creates nothing.
    """
    return _ask(path, question, otherwise, "BEGIN") if path.exists() else otherwise


def write(path: Path, change: Callable[[sqlite3.Connection], object]) -> bool:
    """Whether `change` was made; the store is made where there is none. Others that write wait until it is."""

    def made(database: sqlite3.Connection) -> bool:
        change(database)
        return True

    return _ask(path, made, False, "BEGIN IMMEDIATE")


def _ask(path: Path, question: Callable[[sqlite3.Connection], T], otherwise: T, begin: str) -> T:
    try:
        try:
            return _answer(path, question, begin)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            log.error("the store of models was damaged (%s) and is made anew; it is kept as %s", error, _aside(path))
            path.replace(_aside(path))
            return _answer(path, question, begin)
    except (sqlite3.Error, OSError, ValueError) as error:
        log.warning("the store of models cannot be used: %s", error)
        return otherwise


def _answer(path: Path, question: Callable[[sqlite3.Connection], T], begin: str) -> T:
    with _connected(path) as database:
        migrate(database, MIGRATIONS)
        database.execute(begin)
        answer = question(database)
        database.execute("COMMIT")
        return answer


@contextlib.contextmanager
def _connected(path: Path) -> Generator[sqlite3.Connection]:
    """Raises ValueError where the file was made by a newer Layerbridge."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not path.exists()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)) as database:
        if is_new:
            path.chmod(0o600)
        database.execute("PRAGMA synchronous=NORMAL")
        if version_of(database) > len(MIGRATIONS):
            raise ValueError(f"{path} has the format of a newer Layerbridge")
        yield database


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")

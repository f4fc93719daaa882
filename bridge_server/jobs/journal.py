"""The journal: what must survive a crash, in SQLite (write-ahead log), owned by one thread.

`Journal` is synchronous and used from that thread only; `JournalThread` is its face for the event loop. A caller awaits
the write before it tells a client. Power loss: WAL with synchronous=FULL keeps every committed row. How the file is
opened, checked and mended is in opening.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..protocol.envelope import JobRequest
from ..protocol.service import ClientInfo
from .backups import back_up
from .ballast import Ballast
from .notes import Found
from .opening import Opened, open_journal
from .record import Job
from .rows import ARTIFACT_COLUMNS, COLUMNS, artifact_of, artifact_row, changing_values, job_of, row_of

T = TypeVar("T")


@dataclass(frozen=True)
class TokenRow:
    """A valid token, as its SHA-256 in hex, and whose it is."""

    hash: str
    client: str


class Journal:
    """Rows in, rows out. Raises sqlite3.Error; all methods on the thread that opened it."""

    def __init__(self, database: sqlite3.Connection, asked: type[JobRequest] = JobRequest) -> None:
        """asked: what a stored request must be (stored.read_request)."""
        self._db = database
        self._asked = asked

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None]:
        """All or nothing, whatever is raised inside."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def get_meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def back_up(self, folder: Path) -> None:
        """The day's backup. Raises sqlite3.Error (also where the journal turns out to be damaged) and OSError."""
        back_up(self._db, folder)

    def add_client(self, client: str, name: str, token_hash: str) -> None:
        """A new client with its first token, or a further token of a known one."""
        with self._transaction():
            self._add_client(client, name)
            self._db.execute("INSERT INTO tokens VALUES (?, ?)", (token_hash, client))

    def _add_client(self, client: str, name: str) -> None:
        now = time.time()
        self._db.execute("INSERT OR IGNORE INTO clients VALUES (?, ?, ?, ?)", (client, name, now, now))

    def touch_client(self, client: str, when: float) -> None:
        self._db.execute("UPDATE clients SET last_used = ? WHERE id = ?", (when, client))

    def remove_client(self, client: str) -> bool:
        return self._db.execute("DELETE FROM clients WHERE id = ?", (client,)).rowcount > 0

    def client_name(self, client: str) -> str:
        """Empty where there is no such client."""
        row = self._db.execute("SELECT name FROM clients WHERE id = ?", (client,)).fetchone()
        return "" if row is None else str(row[0])

    def clients(self) -> list[ClientInfo]:
        rows = self._db.execute("SELECT id, name, created, last_used FROM clients ORDER BY created").fetchall()
        return [ClientInfo(client_id=r[0], name=r[1], created=r[2], last_used=r[3]) for r in rows]

    def tokens(self) -> list[TokenRow]:
        return [TokenRow(*row) for row in self._db.execute("SELECT hash, client FROM tokens").fetchall()]

    def add_job(self, job: Job) -> None:
        """A new job. Raises sqlite3.IntegrityError for an id or a client's key that is there already."""
        marks = ",".join("?" * len(COLUMNS))
        self._db.execute(f"INSERT INTO jobs ({', '.join(COLUMNS)}) VALUES ({marks})", row_of(job))

    def add_found(self, found: Found) -> None:
        """A job that was found in the spool, with its artifacts, and the client it was of (without a token)."""
        job = found.job
        with self._transaction():
            if found.client_name:
                self._add_client(job.client, found.client_name)
            taken = "SELECT 1 FROM jobs WHERE client = ? AND key = ?"
            if job.key and self._db.execute(taken, (job.client, job.key)).fetchone():
                job.key = ""
            self.add_job(job)
            self._add_artifacts(job)

    def update_job(self, job: Job) -> None:
        """What changes in the life of a job, and the artifacts it has; no effect on a job that was deleted."""
        with self._transaction():
            changed = self._db.execute(
                "UPDATE jobs SET state=?, updated=?, seq=?, bytes=?, error=?, resubmitted_as=?, warnings=? WHERE id=?",
                (*changing_values(job), job.id),
            ).rowcount
            if changed:
                self._add_artifacts(job)

    def _add_artifacts(self, job: Job) -> None:
        """Those that are not there yet."""
        marks = ",".join("?" * len(ARTIFACT_COLUMNS))
        insert = f"INSERT OR IGNORE INTO results ({', '.join(ARTIFACT_COLUMNS)}) VALUES ({marks})"
        self._db.executemany(insert, [artifact_row(job.id, made) for made in job.artifacts.values()])

    def delete_job(self, job: str) -> None:
        self._db.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def jobs(self) -> list[Job]:
        """All jobs with their artifacts, oldest first; those of another version as far as they can be read."""
        rows = self._db.execute(f"SELECT {', '.join(COLUMNS)} FROM jobs ORDER BY created").fetchall()
        by_id = {job.id: job for job in (job_of(row, self._asked) for row in rows)}
        for job, *values in self._db.execute(f"SELECT {', '.join(ARTIFACT_COLUMNS)} FROM results").fetchall():
            made = artifact_of(*values)
            if job in by_id and made is not None:
                by_id[job].artifacts[(made.role, made.index)] = made
        return list(by_id.values())


class JournalThread:
    """Runs journal calls one after another on the thread that owns the connection.

    A call that fails since the disk is full is tried once more without the ballast.
    """

    def __init__(
        self,
        path: Path,
        spool: Path | None = None,
        ballast: Ballast | None = None,
        asked: type[JobRequest] = JobRequest,
    ) -> None:
        """Raises BridgeError where the journal cannot be used, with what to do; one that is damaged is mended."""
        self._ballast = ballast or Ballast(path.with_name("ballast"))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        try:
            self.opened: Opened = self._thread.submit(open_journal, path, spool, ballast=self._ballast).result()
        except BaseException:
            self._thread.shutdown()
            raise
        self._journal = Journal(self.opened.database, asked)

    async def call(self, function: Callable[[Journal], T], *, uses_ballast: bool = True) -> T:
        call = self._with_room if uses_ballast else _plainly
        return await asyncio.wrap_future(self._thread.submit(call, function, self._journal))

    def call_now(self, function: Callable[[Journal], T]) -> T:
        """The same, waiting in place: for start-up and for the rare reservation of event numbers."""
        return self._thread.submit(self._with_room, function, self._journal).result()

    def _with_room(self, function: Callable[[Journal], T], journal: Journal) -> T:
        return self._ballast.with_room(lambda: function(journal))

    def close(self) -> None:
        self.call_now(Journal.close)
        self._thread.shutdown()


def _plainly(function: Callable[[Journal], T], journal: Journal) -> T:
    return function(journal)

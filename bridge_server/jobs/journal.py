"""The journal: what must survive a crash, in SQLite (write-ahead log), owned by one thread.

`Journal` is synchronous and used from that thread only; `JournalThread` is its face for the event loop. A caller awaits
the write before it tells a client. Power loss: WAL with synchronous=FULL keeps every committed row.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..errors import BridgeError, ErrorCode
from ..protocol.messages import Box, ErrorBody, JobRequest, JobState, Progress, ResultInfo, WarningBody
from ..protocol.service import ClientInfo
from ..protocol.tasks import ModelRef
from .record import Job

T = TypeVar("T")

log = logging.getLogger(__name__)

BUSY_SECONDS = 30.0  # a backup program or a virus scanner may hold the file for a while
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE clients (id TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL, last_used REAL NOT NULL);
CREATE TABLE tokens (hash TEXT PRIMARY KEY, client TEXT NOT NULL REFERENCES clients(id) ON DELETE CASCADE);
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, model TEXT NOT NULL,
    state TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL,
    error TEXT, resubmitted_as TEXT, warnings TEXT NOT NULL DEFAULT '[]');
CREATE UNIQUE INDEX jobs_key ON jobs (client, key) WHERE key != '';
CREATE TABLE results (
    job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, idx INTEGER NOT NULL, seed INTEGER NOT NULL,
    bounds TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (job, idx));
"""


@dataclass(frozen=True)
class TokenRow:
    """A valid token, as its SHA-256 in hex, and whose it is."""

    hash: str
    client: str


class Journal:
    """Rows in, rows out. Raises sqlite3.Error; all methods on the thread that opened it."""

    def __init__(self, path: Path) -> None:
        """Raises JournalError where the file is damaged or of another version; it is left as it is."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        path.chmod(0o600)
        try:
            version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.DatabaseError as error:
            raise JournalError(path, f"is damaged ({error})") from None
        if version not in (0, SCHEMA_VERSION):
            raise JournalError(path, f"has format {version}; this version reads format {SCHEMA_VERSION}")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA foreign_keys=ON")
        if version == 0:
            self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")

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

    def add_client(self, client: str, name: str, token_hash: str) -> None:
        """A new client with its first token, or a further token of a known one."""
        now = time.time()
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO clients VALUES (?, ?, ?, ?)", (client, name, now, now))
            self._db.execute("INSERT INTO tokens VALUES (?, ?)", (token_hash, client))

    def touch_client(self, client: str, when: float) -> None:
        self._db.execute("UPDATE clients SET last_used = ? WHERE id = ?", (when, client))

    def remove_client(self, client: str) -> bool:
        return self._db.execute("DELETE FROM clients WHERE id = ?", (client,)).rowcount > 0

    def clients(self) -> list[ClientInfo]:
        rows = self._db.execute("SELECT id, name, created, last_used FROM clients ORDER BY created").fetchall()
        return [ClientInfo(client_id=r[0], name=r[1], created=r[2], last_used=r[3]) for r in rows]

    def tokens(self) -> list[TokenRow]:
        return [TokenRow(*row) for row in self._db.execute("SELECT hash, client FROM tokens").fetchall()]

    def add_job(self, job: Job) -> None:
        """A new job. Raises sqlite3.IntegrityError for an id or a client's key that is there already."""
        values = (
            job.id,
            job.client,
            job.key,
            job.request.model_dump_json(),
            json.dumps(job.model.to_json()),
            str(job.state),
            job.created,
            job.updated,
            job.seq,
            job.bytes,
            None if job.error is None else job.error.model_dump_json(),
            job.resubmitted_as,
            _warnings(job),
        )
        self._db.execute(
            "INSERT INTO jobs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            values,
        )

    def update_job(self, job: Job) -> None:
        """What changes in the life of a job, and the results it has; no effect on a job that was deleted."""
        values = (
            str(job.state),
            job.updated,
            job.seq,
            job.bytes,
            None if job.error is None else job.error.model_dump_json(),
            job.resubmitted_as,
            _warnings(job),
            job.id,
        )
        with self._transaction():
            changed = self._db.execute(
                "UPDATE jobs SET state=?, updated=?, seq=?, bytes=?, error=?, resubmitted_as=?, warnings=? WHERE id=?",
                values,
            ).rowcount
            for result in job.results.values() if changed else ():
                row = (job.id, result.index, result.seed, result.bounds.model_dump_json(), result.bytes)
                self._db.execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?)", row)

    def delete_job(self, job: str) -> None:
        self._db.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def jobs(self) -> list[Job]:
        """All jobs with their results, oldest first."""
        columns = (
            "id, client, key, request, model, state, created, updated, seq, bytes, error, resubmitted_as, warnings"
        )
        by_id: dict[str, Job] = {}
        for row in self._db.execute(f"SELECT {columns} FROM jobs ORDER BY created").fetchall():
            try:
                by_id[row[0]] = _job(row)
            except (ValueError, TypeError, KeyError):
                log.exception("job %s in the journal cannot be read and is passed over", row[0])
        for job, index, seed, bounds, size in self._db.execute("SELECT * FROM results").fetchall():
            if job in by_id:
                box = Box.model_validate_json(bounds)
                by_id[job].results[index] = ResultInfo(index=index, seed=seed, bounds=box, bytes=size)
        return list(by_id.values())

    def job_ids(self) -> list[str]:
        """Of all rows, also those that `jobs` passes over: their files are kept."""
        return [row[0] for row in self._db.execute("SELECT id FROM jobs").fetchall()]


class JournalError(BridgeError):
    """The journal cannot be read."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            ErrorCode.INCOMPATIBLE_VERSION,
            f"The job journal {path} {what}. Update Layerbridge, or move the file away to start with an empty History.",
        )


def _warnings(job: Job) -> str:
    return json.dumps([warning.model_dump() for warning in job.warnings])


def _job(row: tuple[str, str, str, str, str, str, float, float, int, int, str | None, str | None, str]) -> Job:
    identity, client, key, request, model, state, created, updated, seq, size, error, resubmitted_as, warnings = row
    finished = state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
    return Job(
        id=identity,
        client=client,
        key=key,
        request=JobRequest.model_validate_json(request),
        model=ModelRef.from_json(json.loads(model)),
        created=created,
        state=JobState(state),
        updated=updated,
        error=None if error is None else ErrorBody.model_validate_json(error),
        resubmitted_as=resubmitted_as,
        seq=seq,
        bytes=size,
        warnings=[WarningBody.model_validate(warning) for warning in json.loads(warnings)],
        progress=Progress(phase="finished", fraction=1.0) if finished else Progress(phase="waiting"),
    )


class JournalThread:
    """Runs journal calls one after another on the thread that owns the connection."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        try:
            self._journal = self._thread.submit(Journal, path).result()
        except BaseException:
            self._thread.shutdown()
            raise

    async def call(self, function: Callable[[Journal], T]) -> T:
        return await asyncio.wrap_future(self._thread.submit(function, self._journal))

    def call_now(self, function: Callable[[Journal], T]) -> T:
        """The same, waiting in place: for start-up and for the rare reservation of event numbers."""
        return self._thread.submit(function, self._journal).result()

    def close(self) -> None:
        self.call_now(Journal.close)
        self._thread.shutdown()

"""A disk without room, as journal and spool meet it: what is given back, and what can be deleted all the same."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections import namedtuple
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge_server.config import Limits
from bridge_server.jobs import ballast as ballasts
from bridge_server.jobs.ballast import BALLAST_BYTES, LEAST_BYTES, Ballast
from bridge_server.jobs.faults import is_full
from bridge_server.jobs.journal import Journal
from bridge_server.jobs.names import DELETED, new_job_id
from bridge_server.protocol.messages import JobState

from .desk import Desk

Usage = namedtuple("Usage", "total used free")


def sqlite_error(code: int, text: str = "a fault") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


SHM_SIZE = sqlite3.SQLITE_IOERR_SHMSIZE  # what SQLite says where the log's index cannot grow: an extended code
FULL_ERRORS = {
    "ENOSPC": OSError(errno.ENOSPC, "No space left on device"),
    "EDQUOT": OSError(errno.EDQUOT, "Disk quota exceeded"),
    "SQLITE_FULL": sqlite_error(sqlite3.SQLITE_FULL),
    "SQLITE_IOERR": sqlite_error(sqlite3.SQLITE_IOERR),
    "SQLITE_IOERR_SHMSIZE": sqlite_error(SHM_SIZE),
}
OTHER_ERRORS = {
    "EROFS": OSError(errno.EROFS, "Read-only file system"),
    "EACCES": OSError(errno.EACCES, "Permission denied"),
    "SQLITE_BUSY": sqlite_error(sqlite3.SQLITE_BUSY),
    "SQLITE_READONLY": sqlite_error(sqlite3.SQLITE_READONLY),
    "SQLITE_CORRUPT": sqlite_error(sqlite3.SQLITE_CORRUPT),
}


class Disk:
    """What the system says is free (bytes), set by the test."""

    def __init__(self, free: int) -> None:
        self.free = free

    def usage(self, path: Path) -> Usage:
        return Usage(self.free, 0, self.free)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk(10**9)
    monkeypatch.setattr(ballasts.shutil, "disk_usage", made.usage)
    return made


@pytest.mark.parametrize("free", [0, LEAST_BYTES, 2 * LEAST_BYTES, BALLAST_BYTES, 2 * BALLAST_BYTES, 10**9])
def test_half_of_what_is_free_is_kept_up_to_the_full_size(tmp_path: Path, disk: Disk, free: int) -> None:
    kept = Ballast(tmp_path / "ballast")
    disk.free = free
    kept.fill()
    wanted = min(BALLAST_BYTES, free // 2)
    size = (tmp_path / "ballast").stat().st_size if (tmp_path / "ballast").exists() else 0
    assert size == (wanted if wanted >= LEAST_BYTES else 0)
    disk.free = 10**9
    kept.fill()
    assert (tmp_path / "ballast").stat().st_size == BALLAST_BYTES
    kept.fill()
    disk.free = 0
    kept.fill()
    assert (tmp_path / "ballast").stat().st_size == BALLAST_BYTES, "it does not shrink by itself"


def test_a_quota_that_is_met_on_the_way_leaves_what_was_kept(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Ballast(tmp_path / "ballast")
    disk.free = 2**21
    kept.fill()
    disk.free = 10**9
    write, left = os.write, [3]

    def quota(handle: int, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        return write(handle, data)

    monkeypatch.setattr(ballasts.os, "write", quota)
    with pytest.raises(OSError, match="quota"):
        kept.fill()
    assert (tmp_path / "ballast").stat().st_size == 2**20


@pytest.mark.parametrize("name", [*FULL_ERRORS, *OTHER_ERRORS])
@pytest.mark.parametrize("has_ballast", [True, False])
def test_the_ballast_goes_for_a_full_disk_alone(tmp_path: Path, disk: Disk, name: str, has_ballast: bool) -> None:
    kept = Ballast(tmp_path / "ballast")
    if has_ballast:
        kept.fill()
    disk.free = 0
    error = {**FULL_ERRORS, **OTHER_ERRORS}[name]
    tries: list[int] = []

    def operation() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise error
        return "done"

    if has_ballast and name in FULL_ERRORS:
        assert kept.with_room(operation) == "done"
        assert not (tmp_path / "ballast").exists()
    else:
        with pytest.raises(type(error)):
            kept.with_room(operation)
        assert len(tries) == 1
        assert (tmp_path / "ballast").exists() == has_ballast


def test_a_fault_of_the_disk_is_no_reason_where_there_is_room(tmp_path: Path, disk: Disk) -> None:
    kept = Ballast(tmp_path / "ballast")
    kept.fill()
    with pytest.raises(sqlite3.OperationalError):
        kept.with_room(lambda: _raise(FULL_ERRORS["SQLITE_IOERR"]))
    assert (tmp_path / "ballast").exists()


def _raise(error: Exception) -> None:
    raise error


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path, Limits())
    yield made
    made.journal.close()


class FullJournal:
    """A journal on a disk without room: no row can be deleted while `refusals` are left. The error is SQLite's own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refusals: int, error: Exception) -> None:
        self.refusals = refusals
        delete_job = Journal.delete_job

        def delete(journal: Journal, job: str) -> None:
            if self.refusals:
                self.refusals -= 1
                raise error
            delete_job(journal, job)

        monkeypatch.setattr(Journal, "delete_job", delete)


@pytest.mark.parametrize("name", [name for name in FULL_ERRORS if name.startswith("SQLITE")])
@pytest.mark.parametrize("refusals", [0, 1, 2, 10**6])
async def test_a_job_can_be_deleted_however_full_the_disk_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, refusals: int
) -> None:
    """Without a ballast, too: its files go first, and a row that stays goes as soon as that is possible."""
    job = await desk.add(new_job_id())
    other = await desk.add(new_job_id())
    await desk.finish(job)
    assert is_full(FULL_ERRORS[name])
    full = FullJournal(monkeypatch, refusals, FULL_ERRORS[name])
    await desk.queue.delete(job)
    assert [one.id for one in desk.queue.listing("c")] == [other.id]
    assert not desk.spool.folder(job.id).exists()
    for again in range(2):
        await desk.reopen()
        assert [one.id for one in desk.queue.listing("c")] == [other.id], f"start {again}"
    full.refusals = 0
    await desk.queue.expire()
    assert [one.id for one in desk.journal.call_now(lambda rows: rows.jobs())] == [other.id]
    assert [entry.name for entry in desk.spool.root.iterdir()] == [other.id]
    assert not desk.spool.folder(f"{job.id}{DELETED}").exists()


@pytest.mark.parametrize("name", [name for name in OTHER_ERRORS if name.startswith("SQLITE")])
async def test_a_deletion_that_fails_for_another_reason_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    job = await desk.add(new_job_id())
    await desk.finish(job)
    FullJournal(monkeypatch, 1, OTHER_ERRORS[name])
    with pytest.raises(sqlite3.OperationalError):
        await desk.queue.delete(job)
    await desk.reopen()
    assert [one.state for one in desk.queue.listing("c")] == [JobState.DONE]
    assert desk.spool.artifact(job.id, "layer", 0).exists()

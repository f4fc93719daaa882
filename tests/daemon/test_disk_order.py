"""What is on the disk before a client is told that its job is accepted: the order of syncs, renames and commits."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bridge_server.config import Limits
from bridge_server.http import app, jobs
from bridge_server.jobs.journal import Journal
from bridge_server.jobs.record import Job
from bridge_server.protocol.messages import JobState
from tests.jobs.desk import Desk
from tests.support.app import open_face
from tests.support.disk_order import DiskOrder
from tests.support.requests import frame

REQUEST = ["sync request.frame.part", "rename request.frame.part -> request.frame"]
NOTE = ["sync job.json.part", "rename job.json.part -> job.json"]
NAMES = ["sync JOB", "sync spool"]  # the folder that names the files, and the one that names the folder
TOLD = ["row of the job", "answer"]
BODY = b"".join(bytes(part) for part in frame())


def record_rows(order: DiskOrder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is on the disk when its statement has returned: nothing is open then, and SQLite syncs every commit."""

    def recorded(name: str, told: str) -> None:
        method = getattr(Journal, name)

        def write(journal: Journal, job: Job) -> None:
            method(journal, job)
            database: sqlite3.Connection = journal._db
            assert not database.in_transaction
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert database.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"
            order.steps.append(told)

        monkeypatch.setattr(Journal, name, write)

    recorded("add_job", "row of the job")
    recorded("update_job", "row of its change")


def record_answers(order: DiskOrder, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = jobs.accepted

    def recorded(*arguments: Any, **options: Any) -> Any:
        order.steps.append("answer")
        return accepted(*arguments, **options)

    monkeypatch.setattr(app, "accepted", recorded)
    monkeypatch.setattr(jobs, "accepted", recorded)


async def test_a_job_is_on_the_disk_before_it_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_face(tmp_path) as face:
        order = DiskOrder(tmp_path, monkeypatch)
        record_rows(order, monkeypatch)
        record_answers(order, monkeypatch)
        status, answer, _ = await face.ask("POST", "/v1/jobs", BODY)
        assert status == 202
        assert order.steps == [*REQUEST, *NOTE, *NAMES, *TOLD]
        order.steps.clear()
        await face.ask("POST", f"/v1/jobs/{answer['id']}/cancel")
        assert order.steps == ["row of its change"]
        order.steps.clear()
        status, _, _ = await face.ask("POST", f"/v1/jobs/{answer['id']}/resubmit")
        assert status == 202
        told = ["row of the job", "row of its change", "answer"]  # the old job says as what it was resubmitted
        assert order.steps == [*NOTE, *NAMES, *told], "the request is a link to one that was synced"


async def test_a_change_is_in_the_journal_before_anybody_hears_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, Limits())
    job = await desk.add("a")
    order = DiskOrder(tmp_path, monkeypatch)
    record_rows(order, monkeypatch)
    add = desk.events.add

    def told(*arguments: Any) -> Any:
        order.steps.append("event")
        return add(*arguments)

    monkeypatch.setattr(desk.events, "add", told)
    await desk.finish(job)
    assert job.state is JobState.DONE
    assert order.steps == ["row of its change", "event"] * 5, "loading, running, two results, done"
    desk.journal.close()

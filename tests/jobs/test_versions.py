"""Journals and spools that older versions of Layerbridge left, as files: opened, listed, fetched, run again."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge_server.config import Limits
from bridge_server.jobs.migrations import MIGRATIONS, version_of
from bridge_server.jobs.record import Job
from bridge_server.jobs.stored import OPERATION_VERSIONS
from bridge_server.protocol.messages import JobRequest, JobState, ResultInfo
from tests.support.daemon import Daemon
from tests.support.requests import arrays
from tests.support.tiny import build_tiny

from .desk import Desk
from .make_fixture import FIXTURES, PAINTERS_HOME

VERSIONS = sorted(folder.name for folder in FIXTURES.iterdir())


@dataclass(frozen=True)
class Left:
    """A copy of what a version left. said: its jobs as it last told them, by id."""

    home: Path
    said: dict[str, dict[str, Any]]
    files: dict[str, str]
    client: str

    def ids(self, state: str) -> list[str]:
        return [job for job, told in self.said.items() if told["state"] == state]

    def journal(self) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "journal.sqlite3")) as database:
            return database.execute("SELECT id, request, model, created FROM jobs ORDER BY id").fetchall()


@pytest.fixture(params=VERSIONS)
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Left:
    home = tmp_path / "home"
    shutil.copytree(FIXTURES / request.param, home)
    expected = json.loads((home / "expected.json").read_text(encoding="utf-8"))
    said = {job["id"]: job for job in expected["jobs"]}
    return Left(home, said, expected["files"], expected["client"])


def test_there_is_a_fixture_of_every_format_before_this_one() -> None:
    formats: list[int] = []
    for name in VERSIONS:
        with closing(sqlite3.connect(FIXTURES / name / "journal.sqlite3")) as database:
            formats.append(version_of(database))
    assert sorted({*formats, len(MIGRATIONS)}) == list(range(1, len(MIGRATIONS) + 1))


async def opened(left: Left) -> tuple[Desk, dict[str, Job]]:
    desk = Desk(left.home, Limits(result_age_seconds=1e12))
    await desk.queue.restore()
    (client,) = desk.journal.call_now(lambda rows: rows.clients())
    assert client.name == left.client
    return desk, {job.id: job for job in desk.queue.listing(client.client_id)}


async def test_nothing_is_lost(left: Left) -> None:
    before = left.journal()
    desk, jobs = await opened(left)
    desk.journal.close()
    assert not desk.journal.opened.remarks
    assert jobs.keys() == left.said.keys()
    for name, told in left.said.items():
        job = jobs[name]
        assert job.request == JobRequest.model_validate(told["request"])
        assert [job.results[index] for index in sorted(job.results)] == [
            ResultInfo.model_validate(result) for result in told["results"]
        ]
        ended = "failed" if told["state"] in ("loading", "running") else told["state"]
        assert job.state == ended
        assert job.resubmitted_as == told["resubmitted_as"]
        assert not job.other_version
        assert (job.operation, OPERATION_VERSIONS[job.operation]) == (told["request"]["kind"], 1)
    assert left.journal() == before, "what was asked is kept word for word"
    for name, digest in left.files.items():
        assert hashlib.sha256((left.home / name).read_bytes()).hexdigest() == digest, name
    backups = [file.name for file in (left.home / "backups").iterdir()]
    assert backups == [f"journal-before-format-{len(MIGRATIONS)}.sqlite3"]


async def test_a_backup_of_an_older_format_mends_the_journal(left: Left) -> None:
    """The newest backup may be the one from before the migration."""
    (await opened(left))[0].journal.close()
    before = left.journal()
    (left.home / "journal.sqlite3").write_bytes(b"damaged" * 1000)
    for note in left.home.glob("spool/*/job.json"):
        note.unlink()
    desk, jobs = await opened(left)
    desk.journal.close()
    assert desk.journal.opened.remarks
    assert jobs.keys() == left.said.keys()
    assert {job.operation for job in jobs.values()} == {told["request"]["kind"] for told in left.said.values()}
    assert left.journal() == before


async def test_a_lost_journal_is_made_again_from_the_notes(left: Left) -> None:
    stored = {row[0]: (json.loads(row[1]), json.loads(row[2])) for row in left.journal()}
    (left.home / "journal.sqlite3").unlink()
    desk, jobs = await opened(left)
    desk.journal.close()
    assert jobs.keys() == left.said.keys()
    assert not any(job.other_version for job in jobs.values())
    assert {row[0]: (json.loads(row[1]), json.loads(row[2])) for row in left.journal()} == stored
    assert {name: job.operation for name, job in jobs.items()} == {
        name: told["request"]["kind"] for name, told in left.said.items()
    }


async def test_what_another_version_noted_stays_as_it_was_when_the_journal_is_lost(left: Left) -> None:
    """Else a field that this version does not know would be gone, and the job would run without it."""
    (left.home / "journal.sqlite3").unlink()
    odd = left.ids("done")[0]
    path = left.home / "spool" / odd / "job.json"
    note = json.loads(path.read_text())
    note["request"]["lora"] = {"name": "ink", "weight": 0.7}
    path.write_text(json.dumps(note))
    for _ in range(2):
        desk, jobs = await opened(left)
        desk.journal.close()
        assert [name for name, job in jobs.items() if job.other_version] == [odd]
        (kept,) = [json.loads(request) for name, request, _, _ in left.journal() if name == odd]
        assert kept["lora"] == {"name": "ink", "weight": 0.7}


def test_a_daemon_lists_fetches_goes_on_and_runs_again(left: Left) -> None:
    build_tiny(left.home / "models" / "tiny")
    with closing(sqlite3.connect(left.home / "journal.sqlite3", isolation_level=None)) as database:
        database.execute("UPDATE jobs SET model = replace(model, ?, ?)", (PAINTERS_HOME, str(left.home)))
        database.execute("UPDATE jobs SET updated = unixepoch(), created = unixepoch() - 60 + rowid")
    daemon = Daemon(left.home).start()
    try:
        again = {"code": daemon.secret, "client": left.client}  # as the plug-in of the same machine does
        token = daemon.call("POST", "/v1/pair", again)["token"]
        listed = daemon.call("GET", "/v1/jobs", token=token)["jobs"]
        assert [job["id"] for job in reversed(listed)] == list(left.said)
        for name, told in left.said.items():
            for result in told["results"]:
                path = f"/v1/jobs/{name}/results/{result['index']}"
                content = daemon.call("GET", path, token=token)
                assert hashlib.sha256(content).hexdigest() == left.files[f"spool/{name}/result-{result['index']}.frame"]
                assert daemon.call("GET", path + "/thumbnail", token=token)[:2] == b"\xff\xd8"
        for name in left.ids("queued"):
            assert daemon.wait(name, token=token)["state"] == JobState.DONE
        for name in left.ids("done"):
            told = left.said[name]
            again = daemon.call("POST", f"/v1/jobs/{name}/resubmit", token=token)
            done = daemon.wait(again["id"], token=token)
            assert done["state"] == JobState.DONE, done["error"]
            assert [(one["seed"], one["bounds"]) for one in done["results"]] == [
                (one["seed"], one["bounds"]) for one in told["results"]
            ]
            message, _, _ = arrays(daemon.call("GET", f"/v1/jobs/{again['id']}/results/0", token=token))
            assert message["kind"] == told["request"]["kind"]
    finally:
        daemon.stop()

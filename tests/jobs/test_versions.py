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
from bridge_server.jobs.migrations import MIGRATIONS
from bridge_server.jobs.record import Job
from bridge_server.jobs.stored import read_request
from bridge_server.operations.options import PaintOptions
from bridge_server.operations.registry import builtin
from bridge_server.protocol.messages import FRAME, JobState
from bridge_server.sqlite_format import version_of
from tests.support.daemon import Daemon
from tests.support.requests import arrays
from tests.support.tiny import build_tiny

from .desk import Desk
from .make_fixture import FIXTURES, STUDIO_HOME

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

    @property
    def format(self) -> int:
        """Of its journal, as it is now."""
        with closing(sqlite3.connect(self.home / "journal.sqlite3")) as database:
            return version_of(database)

    def journal(self) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "journal.sqlite3")) as database:
            return database.execute("SELECT id, request, model, created FROM jobs ORDER BY id").fetchall()


def is_flat(told: dict[str, Any]) -> bool:
    """Whether a version before the envelopes has told it."""
    return "kind" in told["request"]


def operation_of(told: dict[str, Any]) -> str:
    return told["request"]["kind" if is_flat(told) else "operation"]


def layers(told: dict[str, Any]) -> list[dict[str, Any]]:
    """A job's artifacts as this version tells them: a version without roles made layers."""
    if not is_flat(told):
        return told["artifacts"]
    return [
        {"role": "layer", "index": result["index"], "media_type": FRAME, "bytes": result["bytes"]}
        | {"meta": {name: result[name] for name in ("seed", "bounds")}}
        for result in told["results"]
    ]


def told_of(job: Job) -> dict[str, Any]:
    """A job's request, told as the version did that made it."""
    request = job.request
    stored = {} if job.stored is None else json.loads(job.stored.request)
    if "kind" not in stored:
        told = request.model_dump(mode="json")
        if "count" in stored.get("params", {}):  # which has been num_images since
            told["params"]["count"] = told["params"].pop("num_images")
        for use in told["models"]:
            del use["start"]  # which no version had then
        for given in told["inputs"].values():
            del given["name"]  # the same
        return told
    flat = {**PaintOptions().model_dump(mode="json"), **request.options.model_dump(mode="json")}
    flat["without"], flat["count"] = flat.pop("disabled_steps"), flat.pop("num_images")
    for new in ("fill_with", "mirrored", "rotated", "edit_task"):  # which no version had then
        flat.pop(new)
    return flat | {
        "kind": request.operation,
        "document": request.document.model_dump(mode="json"),
        "bounds": request.bounds.model_dump(mode="json"),
        "profile": request.profile,
        "client_data": request.client_data,
    }


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
    before, older = left.journal(), left.format
    desk, jobs = await opened(left)
    desk.journal.close()
    assert not desk.journal.opened.remarks
    assert jobs.keys() == left.said.keys()
    for name, told in left.said.items():
        job = jobs[name]
        assert told_of(job) == told["request"]
        assert [made.model_dump() for made in job.artifacts.values()] == layers(told)
        ended = "failed" if told["state"] in ("loading", "running") else told["state"]
        assert job.state == ended
        assert job.resubmitted_as == told["resubmitted_as"]
        assert not job.other_version
        assert job.operation == operation_of(told) and job.as_stored().is_known(builtin())
    assert left.journal() == before, "what was asked is kept word for word"
    for name, digest in left.files.items():
        assert hashlib.sha256((left.home / name).read_bytes()).hexdigest() == digest, name
    backups = [file.name for file in (left.home / "backups").iterdir()]
    assert backups == [f"journal-before-format-{older + 1}.sqlite3"]


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
    assert {job.operation for job in jobs.values()} == {operation_of(told) for told in left.said.values()}
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
        name: operation_of(told) for name, told in left.said.items()
    }


def test_options_that_had_other_names_are_read_whole() -> None:
    """As they stand in journals of format 3, which has envelopes."""
    params = {"prompt": "a", "count": 3, "without": ["refine", "fill"]}
    stored = {"operation": "inpaint", "version": 1, "params": params, "document": {"width": 4, "height": 4}}
    request, exact = read_request(stored)
    assert exact and not {"count", "without"} & request.params.keys()
    assert (request.options.num_images, list(request.options.disabled_steps)) == (3, ["hires_pass", "fill"])


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
        database.execute("UPDATE jobs SET model = replace(model, ?, ?)", (STUDIO_HOME, str(left.home)))
        database.execute("UPDATE jobs SET updated = unixepoch(), created = unixepoch() - 60 + rowid")
    daemon = Daemon(left.home).start()
    try:
        again = {"code": daemon.secret, "client": left.client}  # as the plug-in of the same machine does
        token = daemon.call("POST", "/v1/pair", again)["token"]
        listed = daemon.call("GET", "/v1/jobs", token=token)["jobs"]
        assert [job["id"] for job in reversed(listed)] == list(left.said)
        for name, told in left.said.items():
            for made in layers(told):
                path = f"/v1/jobs/{name}/artifacts/{made['role']}/{made['index']}"
                content = daemon.call("GET", path, token=token)
                assert hashlib.sha256(content).hexdigest() == left.files[f"spool/{name}/result-{made['index']}.frame"]
                assert daemon.call("GET", f"/v1/jobs/{name}/thumbnails/{made['index']}", token=token)[:2] == b"\xff\xd8"
        for name in left.ids("queued"):
            assert daemon.wait(name, token=token)["state"] == JobState.DONE
        for name in left.ids("done"):
            told = left.said[name]
            again = daemon.call("POST", f"/v1/jobs/{name}/resubmit", token=token)
            done = daemon.wait(again["id"], token=token)
            assert done["state"] == JobState.DONE, done["error"]
            assert [(one["meta"]["seed"], one["meta"]["bounds"]) for one in done["artifacts"]] == [
                (one["meta"]["seed"], one["meta"]["bounds"]) for one in layers(told)
            ]
            message, _, _ = arrays(daemon.call("GET", f"/v1/jobs/{again['id']}/artifacts/layer/0", token=token))
            assert message["operation"] == operation_of(told)
    finally:
        daemon.stop()

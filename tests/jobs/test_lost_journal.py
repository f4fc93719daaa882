"""What a start finds where journal and spool do not fit together: nothing is deleted because it is not known."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge_server.config import Limits
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.jobs import spool as spools
from bridge_server.jobs.names import DELETED, is_deleted_name, is_job_name, new_job_id
from bridge_server.jobs.record import Job
from bridge_server.protocol.messages import JobState

from .desk import Desk, layer, result_frame

JOURNALS = ["kept", "gone", "empty", "nothing in it", "older backup", "other version, moved away"]
SPOOLS = ["folder", "link", "foreign"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    home = tmp_path / "home"
    home.mkdir()
    made = Desk(home, Limits())
    yield made
    made.journal.close()


async def fill(desk: Desk) -> dict[str, Job]:
    """A job of each kind that a spool holds, of a client that has a name."""
    desk.journal.call_now(lambda rows: rows.add_client("c", "GIMP", "hash"))
    jobs = {kind: await desk.add(new_job_id(), key=kind) for kind in ("done", "half", "failed", "waiting")}
    await desk.finish(jobs["done"])
    result_frame(desk.spool.artifact(jobs["half"].id, "layer", 1), 6, 1)
    await desk.queue.move(jobs["half"], JobState.LOADING)
    size = desk.spool.artifact(jobs["half"].id, "layer", 1).stat().st_size
    await desk.queue.add_artifacts(jobs["half"], [layer(1, size)])
    await desk.queue.finish(jobs["half"])
    await desk.queue.move(jobs["failed"], JobState.LOADING)
    await desk.queue.finish(jobs["failed"])
    return jobs


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def set_journal(desk: Desk, state: str, backup: Path) -> None:
    path = desk.folder / "journal.sqlite3"
    desk.journal.close()
    match state:
        case "gone":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "nothing in it":
            path.unlink()
            with closing(sqlite3.connect(path)) as database:
                database.execute("PRAGMA journal_mode=WAL")
        case "older backup":
            shutil.copy(backup, path)
        case "other version, moved away":
            with closing(sqlite3.connect(path)) as database:
                database.execute("PRAGMA user_version=99")
            before = path.read_bytes()
            with pytest.raises(BridgeError, match="move the file away") as caught:
                desk.open()
            assert caught.value.code is ErrorCode.INCOMPATIBLE_VERSION
            assert path.read_bytes() == before
            path.unlink()
        case _:
            pass


def set_spool(desk: Desk, state: str, elsewhere: Path) -> Path:
    """Where the pictures are then."""
    spool = desk.folder / "spool"
    if state == "link":
        shutil.copytree(spool, elsewhere)
        shutil.rmtree(spool)
        spool.symlink_to(elsewhere)
    place = elsewhere if state == "link" else spool
    if state != "folder":
        (place / "Pictures" / "2026").mkdir(parents=True)
        (place / "Pictures" / "2026" / "cat.png").write_bytes(b"cat")
        (place / "notes.txt.part").write_bytes(b"mine")
        (place / "0000000000-holiday").mkdir()
        (place / "0000000000-holiday" / "request.frame.part").write_bytes(b"mine too")
        if sys.platform != "win32":
            place.chmod(0o755)
    return place


@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.parametrize("spool", SPOOLS)
async def test_nothing_is_lost_and_nothing_foreign_is_touched(
    desk: Desk, tmp_path: Path, journal: str, spool: str
) -> None:
    backup = tmp_path / "older.sqlite3"
    with closing(sqlite3.connect(desk.folder / "journal.sqlite3")) as source, closing(sqlite3.connect(backup)) as copy:
        source.backup(copy)
    jobs = await fill(desk)
    set_journal(desk, journal, backup)
    place = set_spool(desk, spool, tmp_path / "elsewhere")
    before, mode = files(place), place.stat().st_mode
    desk.open()
    await desk.queue.restore()
    assert files(place) == before
    assert place.stat().st_mode == mode
    found = {job.id: job for job in desk.queue.listing("c")}
    assert found.keys() == {job.id for job in jobs.values()}
    for kind, job in jobs.items():
        now = found[job.id]
        assert (now.request, now.model, now.created, now.artifacts) == (
            job.request,
            job.model,
            job.created,
            job.artifacts,
        )
        waiting = JobState.QUEUED if journal == "kept" else JobState.FAILED
        assert now.state is {"done": JobState.DONE, "waiting": waiting}.get(kind, JobState.FAILED)
        assert now.error is None or "History" in now.error.message or journal == "kept"
    assert desk.queue.with_key("c", "done") is found[jobs["done"].id]
    names = [client.name for client in desk.journal.call_now(lambda rows: rows.clients())]
    assert names == ["GIMP"], "a plug-in that pairs again by its name gets its History back"
    assert bool(desk.spool.remarks()) == (spool != "folder")
    await desk.reopen()
    assert {job.id: job.state for job in desk.queue.listing("c")} == {id: job.state for id, job in found.items()}


async def test_folders_of_a_version_without_notes_are_listed_for_every_client(desk: Desk) -> None:
    jobs = await fill(desk)
    for job in jobs.values():
        (desk.spool.folder(job.id) / "job.json").unlink()
    set_journal(desk, "gone", Path())
    desk.open()
    await desk.queue.restore()
    found = {job.id: job for job in desk.queue.listing("anybody")}
    assert found.keys() == {job.id for job in jobs.values()}
    done = found[jobs["done"].id]
    assert (done.state, done.seed, done.request.base_model) == (JobState.DONE, 5, "m")
    assert found[jobs["half"].id].seed == 5


@pytest.mark.parametrize("journal", ["kept", "gone"])
async def test_what_cannot_be_read_is_put_aside_for_a_month(desk: Desk, tmp_path: Path, journal: str) -> None:
    odd, half, empty = (desk.spool.folder(new_job_id()) for _ in range(3))
    for folder in (odd, half, empty):
        folder.mkdir()
    (odd / "request.frame").write_bytes(b"destroyed")
    (odd / "result-0.frame").write_bytes(b"")
    (half / "request.frame.part").write_bytes(b"half an upload")
    await fill(desk)
    set_journal(desk, journal, Path())
    desk.open()
    await desk.queue.restore()
    assert not half.exists()
    assert not empty.exists()
    place = desk.spool.quarantine / odd.name if journal == "kept" else odd
    assert (place / "request.frame").read_bytes() == b"destroyed"
    if journal == "kept":
        assert "30 days" in desk.spool.remarks()[0]
        (desk.spool.quarantine / "mine").mkdir()
        long_ago = time.time() - spools.QUARANTINE_SECONDS - 60
        for folder in desk.spool.quarantine.iterdir():
            os.utime(folder, (long_ago, long_ago))
        await desk.reopen()
        assert [folder.name for folder in desk.spool.quarantine.iterdir()] == ["mine"]


async def test_a_deletion_that_was_cut_short_is_finished_and_not_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = await fill(desk)
    with monkeypatch.context() as held:
        held.setattr(shutil, "rmtree", lambda path, ignore_errors: None)  # the daemon ends here
        await desk.queue.delete(jobs["done"])
    left = [entry.name for entry in desk.spool.root.iterdir() if is_deleted_name(entry.name)]
    assert left == [jobs["done"].id + DELETED]
    await desk.reopen()
    assert jobs["done"].id not in [job.id for job in desk.queue.listing("c")]
    assert all(is_job_name(entry.name) for entry in desk.spool.root.iterdir())


async def test_a_held_file_does_not_keep_the_daemon_from_starting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where a file that another program has open can be neither deleted nor renamed."""
    jobs = await fill(desk)
    part = desk.spool.artifact(jobs["done"].id, "layer", 0).with_suffix(".frame.part")
    part.write_bytes(b"half")
    unlink = Path.unlink

    def held(path: Path, missing_ok: bool = False) -> None:
        if path == part:
            raise PermissionError(13, "The process cannot access the file", str(path))
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as windows:
        windows.setattr(Path, "unlink", held)
        await desk.reopen()
    assert desk.queue.find("c", jobs["done"].id).state is JobState.DONE
    await desk.reopen()
    assert not part.exists()


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "spool").symlink_to(tmp_path / "unplugged")
    with pytest.raises(BridgeError, match="unplugged, which is not there"):
        spools.Spool(tmp_path / "spool").prepare()

"""A journal of many jobs, damaged in every place: the daemon starts, says so, and what is in the spool is listed."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bridge_server.config import Limits
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.jobs import backups
from bridge_server.jobs.journal import JournalThread
from bridge_server.jobs.migrations import MIGRATIONS
from bridge_server.jobs.names import new_job_id
from bridge_server.jobs.opening import open_journal
from bridge_server.jobs.rescue import KEPT_DAMAGED, damaged_files
from bridge_server.protocol.messages import JobState

from .desk import Desk

PAGE = 4096
JOBS = 40
DAMAGES = {"zeros": bytes(PAGE), "noise": bytes((7 * n + n // 256 * 31) % 256 for n in range(PAGE))}
LIMITS = Limits(queued_jobs=JOBS + 1, spool_bytes=10**9)


async def make_home(folder: Path, jobs: int = 4) -> dict[str, JobState]:
    """A home with finished, failed and waiting jobs, closed in order; the state of each."""
    desk = Desk(folder, LIMITS)
    desk.journal.call_now(lambda rows: rows.add_client("c", "GIMP", "hash"))
    for number in range(jobs):
        job = await desk.add(new_job_id(), key=str(number))
        if number % 4 == 0:
            await desk.finish(job)
        elif number % 4 == 1:
            await desk.queue.move(job, JobState.LOADING)
            await desk.queue.finish(job)
    states = {job.id: job.state for job in desk.queue.listing("c")}
    desk.journal.close()
    return states


def journal_of(home: Path) -> Path:
    return home / "journal.sqlite3"


async def start(home: Path) -> tuple[Desk, dict[str, JobState]]:
    desk = Desk(home, LIMITS)
    await desk.queue.restore()
    return desk, {job.id: job.state for job in desk.queue.listing("c")}


@pytest.mark.parametrize("damage", list(DAMAGES))
@pytest.mark.parametrize("backed_up", [False, True])
async def test_each_page_in_turn(
    tmp_path: Path, damage: str, backed_up: bool, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    states = await make_home(home, JOBS)
    if backed_up:
        with closing(sqlite3.connect(journal_of(home))) as database:
            backups.back_up(database, backups.backup_folder(journal_of(home)))
    sound = journal_of(home).read_bytes()
    spool = {file: file.read_bytes() for file in (home / "spool").rglob("*") if file.is_file()}
    pages = len(sound) // PAGE
    assert pages > 15
    noticed = 0
    for page in range(pages):
        for file in damaged_files(journal_of(home)):
            file.unlink()
        destroyed = sound[: page * PAGE] + DAMAGES[damage] + sound[(page + 1) * PAGE :]
        journal_of(home).write_bytes(destroyed)
        caplog.clear()
        desk, found = await start(home)
        said = desk.journal.opened.remarks
        try:
            assert found.keys() == states.keys(), f"page {page}"
            for job, state in states.items():
                allowed = {state, JobState.FAILED} if state is JobState.QUEUED else {state}
                assert found[job] in allowed, f"page {page}"
            results = [job for job in desk.queue.listing("c") if job.artifacts]
            assert [len(job.artifacts) for job in results] == [2] * (JOBS // 4), f"page {page}"
            assert all(job.seed == 5 and not job.other_version for job in desk.queue.listing("c"))
            assert {file: file.read_bytes() for file in spool} == spool
            if said:
                noticed += 1
                kept = damaged_files(journal_of(home))
                assert [file.read_bytes() for file in kept] == [destroyed]
                assert str(kept[0]) in said[0]
                assert "Traceback" not in caplog.text
        finally:
            desk.journal.close()
        again, then = await start(home)
        again.journal.close()
        assert then == found
        assert not again.journal.opened.remarks
    assert noticed > pages * 0.8


@pytest.mark.parametrize("content", [b"not a database" * 400, "half", "foreign"])
async def test_what_is_no_journal_is_kept_and_replaced(tmp_path: Path, content: bytes | str) -> None:
    states = await make_home(tmp_path)
    journal = journal_of(tmp_path)
    if content == "half":
        content = journal.read_bytes()[: journal.stat().st_size // 2]
    if content == "foreign":
        journal.unlink()
        with closing(sqlite3.connect(journal)) as database:
            database.execute("CREATE TABLE recipes (name TEXT)")
    else:
        journal.write_bytes(bytes(content))
    before = journal.read_bytes()
    desk, found = await start(tmp_path)
    desk.journal.close()
    assert found.keys() == states.keys()
    assert [file.read_bytes() for file in damaged_files(journal)] == [before]


async def test_rows_of_the_log_that_were_not_yet_in_the_file_are_read_too(tmp_path: Path) -> None:
    """As after a crash: the newest rows are in the write-ahead log only."""
    home, copy = tmp_path / "home", tmp_path / "copy"
    home.mkdir()
    desk = Desk(home, LIMITS)
    desk.journal.call_now(lambda rows: rows.add_client("c", "GIMP", "hash"))
    job = await desk.add(new_job_id())
    shutil.copytree(home, copy)
    desk.journal.close()
    database = journal_of(copy)
    assert database.with_name(database.name + "-wal").stat().st_size
    raw = database.read_bytes()
    database.write_bytes(raw[:100] + bytes(len(raw) - 100))
    again, found = await start(copy)
    again.journal.close()
    assert found == {job.id: JobState.QUEUED}


async def test_few_damaged_files_are_kept(tmp_path: Path) -> None:
    await make_home(tmp_path)
    for _ in range(KEPT_DAMAGED + 2):
        journal_of(tmp_path).write_bytes(b"damaged" * 1000)
        JournalThread(journal_of(tmp_path)).close()
    assert len(damaged_files(journal_of(tmp_path))) == KEPT_DAMAGED


async def test_a_token_that_was_revoked_after_the_backup_does_not_come_back(tmp_path: Path) -> None:
    await make_home(tmp_path)
    journal = JournalThread(journal_of(tmp_path))
    journal.call_now(lambda rows: rows.back_up(tmp_path / "backups"))
    journal.call_now(lambda rows: rows.remove_client("c"))
    journal.close()
    journal_of(tmp_path).write_bytes(b"damaged" * 1000)
    journal = JournalThread(journal_of(tmp_path))
    assert journal.call_now(lambda rows: rows.tokens()) == []
    journal.close()


async def test_backups_are_daily_whole_and_few(tmp_path: Path) -> None:
    states = await make_home(tmp_path)
    folder = tmp_path / "backups"
    journal = JournalThread(journal_of(tmp_path))
    assert backups.is_due(folder)
    journal.call_now(lambda rows: rows.back_up(folder))
    assert not backups.is_due(folder)
    (newest,) = backups.newest_first(folder)
    with closing(sqlite3.connect(newest)) as copy:
        assert copy.execute("SELECT count(*) FROM jobs").fetchone() == (len(states),)
    assert [file.name for file in folder.iterdir()] == [newest.name], "one file, which needs none beside it"
    for day in range(backups.KEPT + 3):
        old = folder / f"journal-2001010{day}.sqlite3"
        shutil.copy(newest, old)
        os.utime(old, (day, day))
    os.utime(newest, (time.time() - backups.DAY_SECONDS - 60,) * 2)
    assert backups.is_due(folder)
    journal.call_now(lambda rows: rows.back_up(folder))
    journal.close()
    assert len(list(folder.iterdir())) == backups.KEPT
    assert newest.exists()


async def test_a_journal_that_turns_out_to_be_damaged_does_not_replace_its_backup(tmp_path: Path) -> None:
    await make_home(tmp_path)
    folder = tmp_path / "backups"
    with closing(sqlite3.connect(journal_of(tmp_path))) as database:
        backups.back_up(database, folder)
    (good,) = folder.iterdir()
    before = good.read_bytes()
    raw = journal_of(tmp_path).read_bytes()
    journal_of(tmp_path).write_bytes(raw[: 4 * PAGE] + bytes(PAGE) + raw[5 * PAGE :])
    with closing(sqlite3.connect(journal_of(tmp_path))) as database, pytest.raises(sqlite3.DatabaseError):
        backups.back_up(database, folder)
    assert [(file, file.read_bytes()) for file in folder.iterdir()] == [(good, before)]


async def test_a_new_format_is_reached_step_by_step_after_a_backup(tmp_path: Path) -> None:
    states = await make_home(tmp_path)
    journal = journal_of(tmp_path)
    next_ones = (*MIGRATIONS, "ALTER TABLE jobs ADD COLUMN a TEXT", "UPDATE jobs SET a = 'x'")
    opened = open_journal(journal, migrations=next_ones)
    assert opened.database.execute("SELECT count(*) FROM jobs WHERE a = 'x'").fetchone() == (len(states),)
    assert opened.database.execute("PRAGMA user_version").fetchone() == (len(next_ones),)
    opened.database.close()
    (backup,) = (tmp_path / "backups").iterdir()
    shutil.copy(backup, journal)
    JournalThread(journal).close()


async def test_a_step_that_fails_is_undone(tmp_path: Path) -> None:
    await make_home(tmp_path)
    journal = journal_of(tmp_path)
    with pytest.raises(BridgeError):
        open_journal(
            journal, migrations=(*MIGRATIONS, "ALTER TABLE jobs ADD COLUMN a TEXT; SELECT nothing FROM nowhere")
        )
    with closing(sqlite3.connect(journal)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert "a" not in [column[1] for column in database.execute("PRAGMA table_info(jobs)")]


def test_a_journal_of_a_newer_format_is_left_as_it_is(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    opened = open_journal(journal, migrations=(*MIGRATIONS, "CREATE TABLE more (a)"))
    opened.database.close()
    before = journal.read_bytes()
    with pytest.raises(BridgeError, match=f"has format {len(MIGRATIONS) + 1}") as caught:
        JournalThread(journal)
    assert caught.value.code is ErrorCode.INCOMPATIBLE_VERSION
    assert journal.read_bytes() == before


async def test_rows_of_another_version_are_listed_and_never_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each stored value that another version may have written otherwise, in a waiting and in a finished job."""
    changes = {
        "a field of a request": ("request", "json_set(request, '$.lora', 'x')"),
        "an option": ("request", "json_set(request, '$.params.lora', 'x')"),
        "a part of a field": ("request", "json_set(request, '$.document.inner', 4)"),
        "a step that was renamed": ("request", "json_set(request, '$.params.disabled_steps', json('[\"sharpen\"]'))"),
        "an operation that is asked for": ("request", "json_set(request, '$.operation', 'dream')"),
        "a missing field": ("request", "json_remove(request, '$.document')"),
        "no request": ("request", "'?'"),
        "a field of a model": ("model", "json_set(model, '$.vae', 'x')"),
        "a missing field of a model": ("model", "json_remove(model, '$.steps')"),
        "a state": ("state", "'paused'"),
        "an operation": ("operation", "'dream'"),
        "a version of an operation": ("operation_version", "2"),
    }
    for name, (column, value) in changes.items():
        home = tmp_path / column / name
        home.mkdir(parents=True)
        states = await make_home(home)
        for note in (home / "spool").glob("*/job.json"):
            note.unlink()
        with closing(sqlite3.connect(journal_of(home), isolation_level=None)) as database:
            database.execute(f"UPDATE jobs SET {column} = {value}")
            stored = database.execute(f"SELECT id, {column} FROM jobs ORDER BY id").fetchall()
        with caplog.at_level(logging.ERROR):
            desk, found = await start(home)
        try:
            assert found.keys() == states.keys(), name
            assert JobState.QUEUED not in found.values(), name
            assert desk.queue.next_task() is None, name
            snapshot = desk.queue.snapshot(next(job for job in desk.queue.listing("c") if job.artifacts))
            assert snapshot.warnings[0].code == "other_version", name
            assert [info.index for info in snapshot.artifacts] == [0, 1], name
            assert not caplog.records
        finally:
            desk.journal.close()
        if column != "state":
            with closing(sqlite3.connect(journal_of(home))) as database:
                assert database.execute(f"SELECT id, {column} FROM jobs ORDER BY id").fetchall() == stored, name

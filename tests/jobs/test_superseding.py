"""Of several jobs with one Supersedes-Key the newest stays, also over restarts."""

from __future__ import annotations

import errno
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.config import Limits
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.jobs.journal import Journal
from bridge_server.jobs.keeping import lost
from bridge_server.jobs.names import live_name
from bridge_server.jobs.notes import note_of
from bridge_server.jobs.record import Job
from bridge_server.jobs.recovery import interrupted
from bridge_server.protocol.messages import JobState

from .desk import MODEL, REQUEST, Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path, Limits(queued_jobs=6))
    yield made
    made.journal.close()


async def test_after_a_restart_the_newest_runs_and_the_others_say_why_not(desk: Desk) -> None:
    """The daemon ended after it had taken the newest, and before it had cancelled the others."""
    for number, (name, client, key) in enumerate(
        [("a", "c", "slider"), ("b", "c", "slider"), ("other", "d", "slider"), ("plain", "c", "")]
    ):
        await desk.add(name, client=client, supersedes=key, created=100.0 + number)
    await desk.reopen()
    a = desk.queue.get("a")
    assert a is not None and a.state is JobState.CANCELLED and a.error is not None
    assert (a.error.code, a.error.detail) == (ErrorCode.SUPERSEDED, "by b")
    for name in ("b", "other", "plain"):
        job = desk.queue.get(name)
        assert job is not None and job.state is JobState.QUEUED


async def test_one_that_ran_gave_way_too(desk: Desk) -> None:
    """It was being stopped for the newer one when the daemon ended: it is not told to have been interrupted."""
    ran = await desk.add("a", supersedes="slider", created=100.0)
    for state in (JobState.LOADING, JobState.RUNNING):
        await desk.queue.move(ran, state)
    await desk.add("b", supersedes="slider", created=101.0)
    await desk.reopen()
    a, b = desk.queue.find("c", "a"), desk.queue.find("c", "b")
    assert a.state is JobState.CANCELLED and a.error is not None and b.state is JobState.QUEUED
    assert (a.error.code, a.error.detail) == (ErrorCode.SUPERSEDED, "by b")


async def test_what_could_not_give_way_at_the_start_gives_way_to_the_next_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full: it waits on."""
    for number, name in enumerate("ab"):
        await desk.add(name, supersedes="slider", created=100.0 + number)
    desk.journal.close()
    desk.open()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "update_job", full)
        await desk.queue.restore()
    assert desk.queue.find("c", "a").state is JobState.QUEUED
    new = await desk.add("n", supersedes="slider")
    assert [job.id for job in desk.queue.giving_way_to(new)] == ["a", "b"]


async def test_after_a_restart_a_new_job_takes_the_place_of_a_restored_one(desk: Desk) -> None:
    await desk.add("a", supersedes="slider")
    await desk.reopen()
    new = await desk.add("b", supersedes="slider")
    assert [job.id for job in desk.queue.giving_way_to(new)] == ["a"]


async def test_a_journal_that_is_lost_is_made_again_with_the_key(desk: Desk) -> None:
    job = await desk.add("a", supersedes="slider")
    (desk.spool.folder("a") / "job.json").write_bytes(note_of(job, "GIMP"))
    found = desk.spool.find_job("a")
    assert found is not None and found.job.supersedes == "slider"


async def test_a_full_queue_has_room_for_what_takes_the_place_of_another(desk: Desk) -> None:
    await desk.add("a", supersedes="slider")
    await desk.add("b")
    await desk.add("d")
    with pytest.raises(BridgeError) as full:
        desk.queue.check_room("c", "another")
    assert full.value.code is ErrorCode.QUEUE_FULL
    desk.queue.check_room("c", "slider")
    with pytest.raises(BridgeError):
        desk.queue.check_room("c", "")


async def test_live_jobs_take_no_place_of_those_that_are_kept(desk: Desk) -> None:
    """Nor are they the first to go beyond the number that is kept: each is there for its minute."""
    desk.limits = Limits(kept_jobs=2)
    await desk.reopen()
    for name in ("a", "b"):
        await desk.finish(await desk.add(name))
    live = Job(live_name("x"), "c", "", REQUEST, MODEL, created=time.time())
    await desk.queue.add(live)
    await desk.queue.cancel_waiting(live)
    await desk.queue.expire()
    assert {desk.queue.find("c", name).state for name in ("a", "b")} == {JobState.DONE}
    assert desk.queue.find("c", live.id) is live


async def test_a_live_job_that_the_end_of_the_daemon_interrupts_is_not_said_to_be_in_history(desk: Desk) -> None:
    live = Job(live_name("x"), "c", "", REQUEST, MODEL, created=time.time())
    await desk.queue.add(live)
    await desk.queue.move(live, JobState.LOADING)
    live.error = interrupted()  # as the executor tells
    await desk.queue.finish(live)
    assert live.error == lost() and "History" not in live.error.message


async def test_what_gave_way_without_a_result_goes_early(desk: Desk) -> None:
    limits = replace(desk.limits, superseded_age_seconds=-1.0)
    desk.limits = limits
    await desk.reopen()
    job = await desk.add("a", supersedes="slider")
    stopped = await desk.add("b")
    job.superseded_by = "b"
    for one in (job, stopped):
        await desk.queue.cancel_waiting(one)
    await desk.queue.expire()
    assert [one.id for one in desk.queue.listing("c")] == ["b"]

"""Queue, journal, events and spool without a worker: order, limits, expiry, what a restart finds."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.config import Limits
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.jobs.events import BLOCK, EventLog
from bridge_server.jobs.journal import JournalThread
from bridge_server.jobs.lanes import Lane
from bridge_server.jobs.states import FINISHED, TRANSITIONS, IllegalTransitionError
from bridge_server.protocol.messages import JobState

from .desk import REQUEST, Desk, layer, result_frame


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path, Limits(queued_jobs=6, spool_bytes=100_000))
    yield made
    made.journal.close()


async def test_tasks_come_in_the_order_of_their_jobs_with_seeds_counted_up(desk: Desk) -> None:
    await desk.add("a")
    await desk.add("b")
    tasks = [desk.queue.next_task() for _ in range(5)]
    assert [(task.job, task.index, task.seed) for task in tasks if task] == [
        ("a", 0, 5), ("a", 1, 6), ("b", 0, 5), ("b", 1, 6),
    ]  # fmt: skip
    assert tasks[4] is None


async def test_positions_count_the_jobs_that_get_a_task_before(desk: Desk) -> None:
    jobs = [await desk.add("a"), await desk.add("b"), await desk.add("other", client="d")]

    def told() -> list[int | None]:
        assert [one.position for one in desk.queue.snapshots(jobs)] == [desk.queue.snapshot(j).position for j in jobs]
        return [one.position for one in desk.queue.snapshots(jobs)]

    assert told() == [0, 2, 1]
    for job, expected in (
        ("a", [None, 2, 0]),
        ("other", [None, 2, None]),
        ("a", [None, 1, None]),
        ("other", [None, 0, None]),
    ):
        task = desk.queue.next_task()
        assert task is not None
        assert task.job == job
        await desk.queue.move(desk.queue.find("c" if job == "a" else "d", job), JobState.LOADING)
        assert told() == expected


async def test_the_lane_of_an_operation_goes_before_the_order_of_arrival(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Limits(), lambda operation: Lane.TRAIN if operation == "txt2img" else Lane.PAINT)
    await desk.add("train")
    request = REQUEST.changed(operation="img2img")
    await desk.add("paint", request=request)
    order = [task.job for _ in range(4) if (task := desk.queue.next_task())]
    assert order == ["paint", "paint", "train", "train"]
    desk.journal.close()


async def refused(desk: Desk, name: str, client: str) -> str:
    with pytest.raises(BridgeError) as caught:
        await desk.add(name, client=client)
    assert caught.value.code is ErrorCode.QUEUE_FULL
    return caught.value.message


async def test_the_queue_has_an_end(desk: Desk) -> None:
    for name in "abcdef":
        await desk.add(name, client="c" if name in "abc" else "d")
    for client in "cde":
        assert (await refused(desk, f"more-{client}", client)).startswith("6 jobs are waiting already; 6 is the limit.")


@pytest.mark.parametrize("places", [1, 2, 3, 4, 7, 64])
async def test_one_program_takes_at_most_half_of_the_places(tmp_path: Path, places: int) -> None:
    desk = Desk(tmp_path, Limits(queued_jobs=places))
    half = max(1, -(-places // 2))
    for number in range(half):
        await desk.add(f"mine-{number}", client="greedy")
    told = await refused(desk, "mine-more", "greedy")
    assert told.startswith(f"This program already has {half} jobs waiting" if places > 1 else "1 jobs are waiting")
    assert "History" in told
    for number in range(places - half):
        await desk.add(f"other-{number}", client="other")
    first = desk.queue.find("greedy", "mine-0")
    await desk.queue.cancel_waiting(first)
    await desk.add("mine-again", client="greedy")
    await desk.reopen()
    assert await refused(desk, "after-a-restart", "greedy")
    desk.journal.close()


async def test_a_restart_keeps_results_runs_what_waited_and_fails_what_ran(desk: Desk) -> None:
    await desk.finish(await desk.add("done", key="k"))
    running = await desk.add("running")
    await desk.queue.move(running, JobState.LOADING)
    await desk.add("waiting")
    await desk.reopen()
    states = {job.id: job.state for job in desk.queue.listing("c")}
    assert states == {"done": JobState.DONE, "running": JobState.FAILED, "waiting": JobState.QUEUED}
    again = desk.queue.with_key("c", "k")
    assert again is not None
    assert [info.meta.seed for info in desk.queue.snapshot(again).artifacts] == [5, 6]
    task = desk.queue.next_task()
    assert task is not None
    assert task.job == "waiting"


async def test_a_waiting_job_whose_request_is_gone_says_so(desk: Desk) -> None:
    job = await desk.add("lost")
    desk.spool.request(job.id).unlink()
    await desk.reopen()
    assert desk.queue.find("c", "lost").state is JobState.FAILED


async def test_the_oldest_results_go_when_the_spool_is_full(desk: Desk) -> None:
    for name in ("old", "middle", "new"):
        await desk.finish(await desk.add(name, size=40_000))
    await desk.queue.expire()
    assert [job.id for job in desk.queue.listing("c")] == ["new", "middle"]
    assert not desk.spool.folder("old").exists()


async def test_results_go_when_they_are_old_and_waiting_jobs_never(desk: Desk) -> None:
    await desk.finish(await desk.add("old"))
    await desk.add("waiting")
    desk.queue._limits = replace(desk.limits, result_age_seconds=0.0)
    await desk.queue.expire()
    assert [job.id for job in desk.queue.listing("c")] == ["waiting"]


async def test_event_numbers_never_repeat_after_a_restart(tmp_path: Path) -> None:
    journal = JournalThread(tmp_path / "j.sqlite3")
    first = EventLog(0, lambda n: journal.call_now(lambda rows: rows.set_meta("events", str(n))))
    numbers = [first.add("c", "j", "progress", {}).seq for _ in range(5)]
    stored = int(journal.call_now(lambda rows: rows.get_meta("events")) or 0)
    second = EventLog(stored, lambda n: None)
    assert second.add("c", "j", "progress", {}).seq > max(numbers)
    assert stored >= BLOCK
    journal.close()


async def test_only_the_newest_preview_is_kept(desk: Desk) -> None:
    for number in range(3):
        desk.events.add("c", "a", "preview", {"task": 0, "jpeg": str(number)})
    desk.events.add("c", "b", "preview", {"task": 0, "jpeg": "other"})
    assert [event.data["jpeg"] for event in desk.events.of_job("a", 0)] == ["2"]
    assert desk.events.latest_preview("b") is not None


@pytest.mark.parametrize("old", list(JobState))
@pytest.mark.parametrize("new", list(JobState))
async def test_only_legal_transitions_happen(desk: Desk, old: JobState, new: JobState) -> None:
    job = await desk.add("a")
    job.state = old
    if new in TRANSITIONS[old]:
        await desk.queue.move(job, new)
        assert job.state is new
    elif old in FINISHED or old is new:
        await desk.queue.move(job, new)
        assert job.state is old
    else:
        with pytest.raises(IllegalTransitionError):
            await desk.queue.move(job, new)
        assert job.state is old


@pytest.mark.parametrize(("finished", "state"), [(2, JobState.DONE), (1, JobState.FAILED)])
async def test_results_that_were_complete_when_the_daemon_died_are_found(
    desk: Desk, finished: int, state: JobState
) -> None:
    job = await desk.add("a")
    await desk.queue.move(job, JobState.LOADING)
    await desk.queue.move(job, JobState.RUNNING)
    for index in range(finished):
        result_frame(desk.spool.artifact("a", "layer", index), 5 + index)
    desk.spool.artifact("a", "layer", 1).with_suffix(".frame.part").write_bytes(b"half")
    desk.limits = replace(desk.limits, spool_bytes=10**6)
    await desk.reopen()
    found = desk.queue.find("c", "a")
    assert found.state is state
    assert [info.meta.seed for info in desk.queue.snapshot(found).artifacts] == [5, 6][:finished]
    assert (found.error is None) == (state is JobState.DONE)


async def test_a_cancel_after_the_last_result_leaves_the_job_done(desk: Desk) -> None:
    job = await desk.add("a")
    await desk.queue.move(job, JobState.LOADING)
    await desk.queue.move(job, JobState.RUNNING)
    for index in range(2):
        await desk.queue.add_artifacts(job, [layer(index)])
    job.cancel_requested = True
    await desk.queue.finish(job)
    assert job.state is JobState.DONE


def test_a_refused_transaction_leaves_none_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge_server.jobs.opening.BUSY_SECONDS", 0.05)
    journal = JournalThread(tmp_path / "journal.sqlite3")
    other = sqlite3.connect(tmp_path / "journal.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        journal.call_now(lambda rows: rows.add_client("c", "GIMP", "hash"))
    other.execute("ROLLBACK")
    journal.call_now(lambda rows: rows.set_meta("k", "v"))
    assert other.execute("SELECT value FROM meta WHERE key='k'").fetchone() == ("v",)
    journal.call_now(lambda rows: rows.add_client("c", "GIMP", "hash"))
    assert other.execute("SELECT name FROM clients").fetchall() == [("GIMP",)]
    journal.close()


async def test_nothing_changes_where_no_event_number_can_be_reserved(desk: Desk) -> None:
    """Else a change would be in the journal that no client ever hears of."""
    job = await desk.add("a")
    await desk.finish(await desk.add("b"))

    def fail(end: int) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    desk.events._reserve, desk.events._reserved = fail, desk.events.last
    changes = (desk.queue.move(job, JobState.LOADING), desk.queue.delete(desk.queue.find("c", "b")), desk.add("new"))
    for change in changes:
        with pytest.raises(sqlite3.OperationalError):
            await change
    assert {one.id: one.state for one in desk.queue.listing("c")} == {"a": JobState.QUEUED, "b": JobState.DONE}
    await desk.reopen()
    assert {one.id for one in desk.queue.listing("c")} == {"a", "b"}


@pytest.mark.parametrize("how", ["failed", "cancelled", "interrupted"])
async def test_a_job_that_ended_early_keeps_no_thumbnail_without_its_result(tmp_path: Path, how: str) -> None:
    """A worker can be killed between a thumbnail and its result, and in the middle of either."""
    desk = Desk(tmp_path, Limits())
    job = await desk.add("a")
    await desk.queue.move(job, JobState.LOADING)
    await desk.queue.move(job, JobState.RUNNING)
    result_frame(desk.spool.artifact("a", "layer", 0), 5)
    desk.spool.thumbnail("a", 0).write_bytes(b"j")
    for left in ("result-1.jpg", "result-1.jpg.part", "result-1.frame.part"):
        (desk.spool.folder("a") / left).write_bytes(b"half")
    if how == "interrupted":
        await desk.reopen()
    else:
        await desk.queue.add_artifacts(job, [layer(0)])
        job.cancel_requested = how == "cancelled"
        await desk.queue.finish(job)
    state = JobState.CANCELLED if how == "cancelled" else JobState.FAILED
    assert desk.queue.find("c", "a").state is state
    names = {file.name for file in desk.spool.folder("a").iterdir()}
    assert names == {"request.frame", "job.json", "result-0.frame", "result-0.jpg"}
    desk.journal.close()

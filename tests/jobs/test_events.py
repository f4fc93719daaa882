"""The event log: who is woken by what, what an event costs, and numbers that could not be reserved."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from bridge_server.jobs.events import BLOCK, KEPT_EVENTS, EventLog


def filled(number: int, *, jobs: int = 20) -> EventLog:
    """A log with `number` events of other jobs, one of the job "mine" in their midst, and a preview of each job."""
    log = EventLog(0, lambda _: None)
    for count in range(number):
        log.add(f"c{count % 3}", f"j{count % jobs}", "preview" if count < jobs else "progress", {})
    log.add("me", "mine", "state", {})
    return log


def work(function: Callable[[], Any]) -> int:
    """Byte codes that Python runs for it: what seconds would say without the noise."""
    count = 0

    def look(frame: FrameType, what: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += what == "opcode"
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


CALLS: dict[str, Callable[[EventLog], Any]] = {
    "events of a job": lambda log: log.of_job("mine", log.last - 1),
    "none of a job": lambda log: log.of_job("mine", log.last),
    "none of another job": lambda log: log.of_job("j1", log.last),
    "events of a client": lambda log: log.of_client("me", log.last - 1),
    "an event": lambda log: log.add("me", "mine", "progress", {}),
    "a preview": lambda log: log.add("c1", "j1", "preview", {}),
    "the newest preview": lambda log: log.latest_preview("j1"),
    "forgetting previews": lambda log: log.drop_previews("j1"),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_an_event_costs_does_not_grow_with_the_ring(call: str) -> None:
    few, many = filled(40), filled(KEPT_EVENTS - 20)
    assert 0 < work(lambda: CALLS[call](many)) <= work(lambda: CALLS[call](few)) + 50


async def test_only_who_waits_for_the_job_or_its_client_is_woken() -> None:
    log = filled(100)
    of_jobs = {job: asyncio.create_task(log.wait_for_job(job, 60)) for job in ("mine", "j1", "j2")}
    of_clients = {client: asyncio.create_task(log.wait_for_client(client, 60)) for client in ("me", "c1")}
    await asyncio.sleep(0)
    log.add("me", "mine", "progress", {})
    for _ in range(5):
        await asyncio.sleep(0)
    assert [job for job, task in of_jobs.items() if task.done()] == ["mine"]
    assert [client for client, task in of_clients.items() if task.done()] == ["me"]
    log.wake()
    assert all(await asyncio.gather(*of_jobs.values(), *of_clients.values()))


async def test_waiting_ends_in_time_and_leaves_nothing_behind() -> None:
    log = EventLog(0, lambda _: None)
    assert not await log.wait_for_job("j", 0.001)
    assert not await log.wait_for_client("c", 0.001)
    assert not log._waiting_for_job
    assert not log._waiting_for_client


def test_the_log_forgets_the_oldest_and_only_those() -> None:
    log = EventLog(0, lambda _: None)
    for number in range(2 * KEPT_EVENTS):
        log.add(f"c{number % 2}", f"j{number % 7}", "progress" if number % 5 else "preview", {"n": number})
    oldest = min(log._entries)
    kept = [event.seq for client in ("c0", "c1") for event in log.of_client(client, 0)]
    assert sorted(kept) == sorted(event.seq for job in range(7) for event in log.of_job(f"j{job}", 0))
    assert sorted(kept) == list(log._entries)
    progress = [seq for seq in range(oldest, log.last + 1) if (seq - 1) % 5]
    assert set(progress) <= set(kept)
    assert len(kept) <= KEPT_EVENTS
    for job in range(7):
        shown = log.latest_preview(f"j{job}")
        assert [e for e in log.of_job(f"j{job}", 0) if e.type == "preview"] == ([] if shown is None else [shown])
        assert log.of_job(f"j{job}", 0) == sorted(log.of_job(f"j{job}", 0), key=lambda event: event.seq)


def test_a_number_whose_reservation_failed_is_not_used() -> None:
    fails = True
    reserved: list[int] = []

    def reserve(end: int) -> None:
        if fails:
            raise OSError("no room")
        reserved.append(end)

    log = EventLog(7, reserve)
    for _ in range(3):
        with pytest.raises(OSError, match="no room"):
            log.add("c", "j", "progress", {})
    assert log.last == 7
    assert log.of_job("j", 0) == []
    fails = False
    for _ in range(BLOCK + 5):
        assert log.add("c", "j", "progress", {}).seq <= reserved[-1]

"""The daemon's one sequence of events: numbered, kept for a while in memory, waited for by clients.

Snapshots tell the truth about a job; events only say what happened in between, so a ring of recent ones is enough.
Numbers never repeat, also across restarts: they are taken from blocks that the journal reserves.
What an event costs does not grow with the ring, nor with who waits for events of others.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Any

from ..protocol.messages import Event, EventType


class LoggedEvent(Event):
    """An event that is written as JSON once, however many sockets send it."""

    @cached_property
    def text(self) -> str:
        return self.model_dump_json()


Kept = OrderedDict[int, LoggedEvent]  # by number, oldest first
Waiters = dict[str, set[asyncio.Future[None]]]
KEPT_EVENTS = 4096
BLOCK = 10_000


@dataclass(frozen=True)
class Entry:
    """An event and the client whose job it belongs to."""

    client: str
    event: LoggedEvent


class EventLog:
    """Used from the event loop only. `reserve(n)` makes numbers up to n durably taken, before they are used."""

    def __init__(self, reserved: int, reserve: Callable[[int], None]) -> None:
        self._next = reserved + 1
        self._reserved = reserved
        self._reserve = reserve
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._of_job: dict[str, Kept] = {}
        self._of_client: dict[str, Kept] = {}
        self._previews: dict[str, int] = {}  # by job: the number of its newest
        self._waiting_for_job: Waiters = {}
        self._waiting_for_client: Waiters = {}

    @property
    def last(self) -> int:
        return self._next - 1

    def secure_number(self) -> None:
        """Have the next number reserved. Raises what `reserve` raises; no number is used then."""
        if self._next > self._reserved:
            end = self._next + BLOCK
            self._reserve(end)
            self._reserved = end

    def add(self, client: str, job: str, type: EventType, data: dict[str, Any]) -> LoggedEvent:
        """Log an event and wake who waits for its job or client. Of the previews of a job only the newest is kept."""
        self.secure_number()
        event = LoggedEvent(seq=self._next, job=job, type=type, time=time.time(), data=data)
        self._next += 1
        if type == "preview":
            self.drop_previews(job)
            self._previews[job] = event.seq
        self._entries[event.seq] = Entry(client, event)
        self._of_job.setdefault(job, OrderedDict())[event.seq] = event
        self._of_client.setdefault(client, OrderedDict())[event.seq] = event
        if len(self._entries) > KEPT_EVENTS:
            self._forget(next(iter(self._entries)))
        _wake(self._waiting_for_job.get(job))
        _wake(self._waiting_for_client.get(client))
        return event

    def wake(self) -> None:
        """Let every waiter look again: the daemon stops."""
        for waiting in (self._waiting_for_job, self._waiting_for_client):
            for waiters in waiting.values():
                _wake(waiters)

    def of_job(self, job: str, after: int) -> list[LoggedEvent]:
        return _newer(self._of_job.get(job), after)

    def of_client(self, client: str, after: int) -> list[LoggedEvent]:
        return _newer(self._of_client.get(client), after)

    def latest_preview(self, job: str) -> LoggedEvent | None:
        number = self._previews.get(job)
        return None if number is None else self._entries[number].event

    def drop_previews(self, job: str) -> None:
        """A finished job shows its results; its previews are only memory."""
        if job in self._previews:
            self._forget(self._previews[job])

    def _forget(self, number: int) -> None:
        entry = self._entries.pop(number)
        job = entry.event.job
        _remove(self._of_job, job, number)
        _remove(self._of_client, entry.client, number)
        if self._previews.get(job) == number:
            del self._previews[job]

    async def wait_for_job(self, job: str, timeout: float) -> bool:
        """True as soon as an event of the job is logged, False after `timeout` seconds."""
        return await _wait(self._waiting_for_job, job, timeout)

    async def wait_for_client(self, client: str, timeout: float) -> bool:
        """True as soon as an event of any job of the client is logged, False after `timeout` seconds."""
        return await _wait(self._waiting_for_client, client, timeout)


def _newer(kept: Kept | None, after: int) -> list[LoggedEvent]:
    """Those with a higher number than `after`, oldest first; looks at no others but one."""
    found = (
        [] if kept is None else [kept[number] for number in takewhile(lambda number: number > after, reversed(kept))]
    )
    found.reverse()
    return found


def _remove(groups: dict[str, Kept], name: str, number: int) -> None:
    group = groups[name]
    del group[number]
    if not group:
        del groups[name]


def _wake(waiters: set[asyncio.Future[None]] | None) -> None:
    for waiter in waiters or ():
        if not waiter.done():
            waiter.set_result(None)


async def _wait(waiting: Waiters, name: str, timeout: float) -> bool:
    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiters = waiting.setdefault(name, set())
    waiters.add(waiter)
    try:
        await asyncio.wait_for(waiter, timeout)
    except TimeoutError:
        return False
    finally:
        waiters.discard(waiter)
        if not waiters and waiting.get(name) is waiters:
            del waiting[name]
    return True

"""The daemon's one sequence of events: numbered, kept for a while in memory, waited for by clients.

Snapshots tell the truth about a job; events only say what happened in between, so a ring of recent ones is enough.
Numbers never repeat, also across restarts: they are taken from blocks that the journal reserves.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..protocol.messages import Event

EventType = Literal["state", "progress", "preview", "result", "warning", "deleted"]
KEPT_EVENTS = 4096
BLOCK = 10_000


@dataclass(frozen=True)
class Entry:
    """An event and the client whose job it belongs to."""

    client: str
    event: Event


class EventLog:
    """Used from the event loop only. `reserve(n)` makes numbers below n durably taken, before they are used."""

    def __init__(self, reserved: int, reserve: Callable[[int], None]) -> None:
        self._next = reserved + 1
        self._reserved = reserved
        self._reserve = reserve
        self._entries: deque[Entry] = deque(maxlen=KEPT_EVENTS)
        self._waiters: set[asyncio.Future[None]] = set()

    @property
    def last(self) -> int:
        return self._next - 1

    def add(self, client: str, job: str, type: EventType, data: dict[str, Any]) -> Event:
        """Log an event and wake all who wait. Of the previews of a job only the newest is kept."""
        if self._next > self._reserved:
            self._reserved = self._next + BLOCK
            self._reserve(self._reserved)
        event = Event(seq=self._next, job=job, type=type, time=time.time(), data=data)
        self._next += 1
        if type == "preview":
            self._forget(lambda old: old.job == job and old.type == "preview")
        self._entries.append(Entry(client, event))
        self.wake()
        return event

    def wake(self) -> None:
        """Let every waiter look again (also used when the daemon stops)."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def of_job(self, job: str, after: int) -> list[Event]:
        return [entry.event for entry in self._entries if entry.event.job == job and entry.event.seq > after]

    def of_client(self, client: str, after: int) -> list[Event]:
        return [entry.event for entry in self._entries if entry.client == client and entry.event.seq > after]

    def latest_preview(self, job: str) -> Event | None:
        return next(
            (e.event for e in reversed(self._entries) if e.event.job == job and e.event.type == "preview"), None
        )

    def drop_previews(self, job: str) -> None:
        """A finished job shows its results; its previews are only memory."""
        self._forget(lambda old: old.job == job and old.type == "preview")

    def _forget(self, matches: Callable[[Event], bool]) -> None:
        for entry in [entry for entry in self._entries if matches(entry.event)]:
            self._entries.remove(entry)

    async def wait(self, timeout: float) -> bool:
        """True as soon as any event is logged, False after `timeout` seconds."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait_for(waiter, timeout)
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(waiter)
        return True

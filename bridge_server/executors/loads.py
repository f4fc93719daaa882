"""Which model a worker process loads, who waits for it, and when nobody does any more."""

from __future__ import annotations

import asyncio
from typing import Any

from ..errors import BridgeError
from .watchdog import Limits


class Loads:
    """The loads of one worker, whichever process it is at the moment. Used from the event loop only."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._loading: str | None = None
        self._unwanted = 0.0  # seconds

    @property
    def are_awaited(self) -> bool:
        """Whether somebody waits for a model ahead of its first task."""
        return bool(self._waiting)

    def wait_for(self, model: str) -> asyncio.Future[None]:
        return self._waiting.setdefault(model, asyncio.get_running_loop().create_future())

    def hear(self, message: dict[str, Any]) -> None:
        """A `loading` message: a load began, got on, or ended (model: None)."""
        if message["model"] != self._loading:
            self._loading, self._unwanted = message["model"], 0.0

    def settle(self, model: str, error: BridgeError | None) -> None:
        future = self._waiting.pop(model, None)
        if future is None or future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    def fail(self, error: BridgeError) -> None:
        """The process ended: nothing loads, and nothing will."""
        for model in list(self._waiting):
            self.settle(model, error)
        self._loading = None

    def pass_time(self, seconds: float, task_model: str | None) -> bool:
        """True when a load that nobody wants has gone on for too long. task_model: what the running task needs."""
        if self._loading is None or self._loading in self._waiting or self._loading == task_model:
            self._unwanted = 0.0
            return False
        self._unwanted += min(seconds, 2 * self._limits.tick)
        in_the_way = task_model is not None or self.are_awaited
        return self._unwanted >= (self._limits.in_the_way if in_the_way else self._limits.unwanted)

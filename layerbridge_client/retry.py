"""Waiting for a daemon that went away: a restart takes seconds, and its jobs go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from .failures import LOST, NOT_RUNNING, BridgeError
from .sentences import Sentences

RETRY_SECONDS = 1.0
WORTH_WAITING = (*NOT_RUNNING, "shutting_down")
T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long a daemon that does not answer is asked again. Set `abandon` to stop at once."""

    seconds: float
    sentences: Sentences = field(default_factory=Sentences)
    abandon: threading.Event = field(default_factory=threading.Event)

    def attempt(self, work: Callable[[], T], on_lost: Callable[[], None]) -> T:
        """The value of `work()`, tried again after each failure for which waiting helps; `on_lost` hears of each.

        Raises BridgeError: LOST where the daemon stays away, and at once whatever else `work` raises.
        """
        lost_at: float | None = None
        while True:
            try:
                return work()
            except BridgeError as error:
                if error.code not in WORTH_WAITING:
                    raise
                now = time.monotonic()
                lost_at = now if lost_at is None else lost_at
                if now - lost_at > self.seconds or self.abandon.is_set():
                    raise BridgeError(LOST, self.sentences.lost, error.detail) from None
            on_lost()
            self.abandon.wait(RETRY_SECONDS)

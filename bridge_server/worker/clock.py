"""How long a task takes, and how much of it the edit core does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class TaskClock:
    """Runs from when it is made; adds up the time that the edit core takes (seconds)."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.edit_seconds = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @contextmanager
    def editing(self) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.edit_seconds += time.monotonic() - began

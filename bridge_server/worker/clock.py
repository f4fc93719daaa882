"""How much of a task's time the edit core takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class EditClock:
    """Adds up the time that the edit core takes of a task."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds += time.monotonic() - began

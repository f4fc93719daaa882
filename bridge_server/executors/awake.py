"""Keeps the computer from going to sleep while something is painted; the screen may go dark.

Windows: SetThreadExecutionState holds for the thread that calls it, here the event loop's, which lives as long as the
daemon. macOS: `caffeinate -i -w PID` holds until it is ended, or the daemon is gone. Elsewhere nothing is done.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

log = logging.getLogger(__name__)

ES_CONTINUOUS = 0x8000_0000
ES_SYSTEM_REQUIRED = 0x0000_0001
CAFFEINATE = "/usr/bin/caffeinate"

Undo = Callable[[], None]


class Awake:
    """Awake while at least one task runs. `begin` keeps the computer awake and returns what ends that."""

    def __init__(self, begin: Callable[[], Undo] | None = None) -> None:
        self._begin = begin or (lambda: stay_awake(sys.platform))
        self._tasks = 0
        self._undo: Undo | None = None

    @contextlib.contextmanager
    def for_a_task(self) -> Iterator[None]:
        self._tasks += 1
        if self._tasks == 1:
            self._undo = self._begin()
        try:
            yield
        finally:
            self._tasks -= 1
            if self._tasks == 0 and self._undo is not None:
                self._undo()
                self._undo = None


def stay_awake(
    platform: str,
    set_state: Callable[[int], Any] | None = None,
    start: Callable[[list[str]], Any] = subprocess.Popen,
) -> Undo:
    """Keep awake from now on; returns what ends that. A computer that cannot be kept awake paints all the same.

    platform: as in sys.platform. set_state: SetThreadExecutionState. start: starts a program, as Popen does.
    """
    try:
        if platform == "win32":
            set_state = set_state or _set_thread_execution_state()
            set_state(ES_CONTINUOUS | ES_SYSTEM_REQUIRED)
            return lambda: set_state(ES_CONTINUOUS)
        if platform == "darwin":
            process = start([CAFFEINATE, "-i", "-w", str(os.getpid())])
            return lambda: _end(process)
    except (OSError, AttributeError) as error:
        log.info("the computer may go to sleep while it paints: %s", type(error).__name__)
    return lambda: None


def _set_thread_execution_state() -> Callable[[int], Any]:
    """Raises AttributeError anywhere but on Windows."""
    function: Any = ctypes.windll.kernel32.SetThreadExecutionState  # pyright: ignore
    return lambda state: function(ctypes.c_uint(state))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()

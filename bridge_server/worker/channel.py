"""The worker's end of the pipe: JSON lines out, commands in, and the end of the process when the pipe closes."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from ..faults import describe_fault, log_line

STDIN, STDOUT, STDERR = 0, 1, 2
READ_BYTES = 64 * 1024
LOG_BYTES = 4 * 2**20  # of a worker that runs for weeks; the daemon keeps an older log at each start of one


class Channel:
    """Writes events, whole lines at a time, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, event: str, **fields: Any) -> None:
        line = json.dumps({"event": event, **fields}, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except BrokenPipeError:
                os._exit(0)  # nobody listens any more


def take_over_stdout() -> Channel:
    """The real standard output for events only: whatever libraries print from now on goes to standard error."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(STDOUT), "wb")
    os.dup2(STDERR, STDOUT)
    return Channel(stream)


def keep_log_short(handle: int = STDERR, limit: int = LOG_BYTES) -> None:
    """Begin the file behind standard error anew where it is longer than `limit` bytes; a terminal or pipe stays.

    It is opened to append, so what is printed next stands at its beginning.
    """
    facts = os.fstat(handle)
    if stat.S_ISREG(facts.st_mode) and facts.st_size > limit:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)


def take_over_stdin() -> BinaryIO:
    """The real standard input, unbuffered, for commands only; whoever reads standard input from now on finds it empty.

    No thread may sit in a read of the standard input handle while libraries are loaded: on Windows OpenBLAS' Fortran
    runtime looks at the standard handles, and waits for that read to end (numpy#24290, cpython#78961). Unbuffered:
    Python ends with a fatal error where a thread still holds the lock of a buffered reader.
    """
    stream = os.fdopen(os.dup(STDIN), "rb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, STDIN)  # on Windows the C runtime sets the standard handle as well
    os.close(nothing)
    return stream


class Commands:
    """Reads commands in a thread of its own, which also sets cancel flags and ends the process at end of file.

    `exit_now` is os._exit but in tests: a thread in the middle of a matrix product cannot be asked to return.
    """

    def __init__(self, stream: BinaryIO, exit_now: Callable[[int], Any] = os._exit) -> None:
        self._stream = stream
        self._exit_now = exit_now
        self._waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._cancels: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    def next(self, timeout: float | None) -> dict[str, Any] | None:
        """The next command; None when none came within `timeout` seconds."""
        try:
            return self._waiting.get(timeout=timeout)
        except queue.Empty:
            return None

    def cancel_flag(self, task: str) -> threading.Event:
        """Set when that task is to stop."""
        with self._lock:
            return self._cancels.setdefault(task, threading.Event())

    def forget(self, task: str) -> None:
        with self._lock:
            self._cancels.pop(task, None)

    def _read(self) -> None:
        for line in _lines(self._stream):
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                log_line(f"a command that is not understood: {describe_fault(error)}")
        self._exit_now(0)

    def _take(self, command: dict[str, Any]) -> None:
        op = command["op"]
        if op == "cancel":
            with self._lock:
                flag = self._cancels.get(command["task"])
            if flag is not None:
                flag.set()
            return
        if op == "run":
            self.cancel_flag(command["task"]["id"])
        self._waiting.put(command)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Whole lines of an unbuffered stream, as they come."""
    begun = bytearray()
    while data := stream.read(READ_BYTES):
        *lines, rest = data.split(b"\n")
        for line in lines:
            yield bytes(begun) + line
            begun.clear()
        begun += rest

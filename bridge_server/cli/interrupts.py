"""Ctrl+C and the signals that end a command: when they may come, and what they become."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.1
ENDING = ("SIGTERM", "SIGHUP", "SIGBREAK")  # which a system knows of them


class EndedBySignal(KeyboardInterrupt):
    """The command was told to end in another way than by Ctrl+C; what is done for Ctrl+C is done for this too."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def ending_signals() -> Iterator[None]:
    """Meanwhile a signal that ends the command (a closed terminal, `timeout`, `kill`) is raised as EndedBySignal."""
    before = {number: signal.getsignal(number) for number in _ending()}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # `nohup`
            signal.signal(number, _end)
    try:
        yield
    finally:
        _restore(before)


class Held:
    """Signals that came while they were held back; the second of them is raised at once."""

    def __init__(self) -> None:
        self._came: list[int] = []
        known = {number: signal.getsignal(number) for number in (signal.SIGINT, *_ending())}
        self._handlers = {number: handler for number, handler in known.items() if handler is not signal.SIG_IGN}
        for number in self._handlers:
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._came:
            _raise(number)
        self._came.append(number)

    def release(self) -> None:
        """Signals work as before. Raises KeyboardInterrupt where one has come."""
        self.restore()
        if self._came:
            _raise(self._came.pop())

    def restore(self) -> None:
        _restore(self._handlers)
        self._handlers = {}


@contextlib.contextmanager
def held_back() -> Iterator[Held]:
    """Ctrl+C and the ending signals wait until `release`, for what must not be cut in half."""
    held = Held()
    try:
        yield held
    finally:
        held.restore()


def interruptibly(work: Callable[[], T], platform: str = sys.platform) -> T:
    """What `work` gives, or raises. On Windows a call that waits for a socket cannot be interrupted by Ctrl+C, so it
    runs in a thread there, which is left to itself when the interrupt comes."""
    if platform != "win32":
        return work()
    from concurrent.futures import Future  # not above: until this module is there, Ctrl+C is a traceback

    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001  (raised again in the thread that waits)
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not done.done():
        time.sleep(LOOK_SECONDS)
    return done.result()


def quit_while_importing() -> None:
    """Until the command's modules are there, Ctrl+C ends the process at once: there is nothing to tidy up, and a
    library whose import is interrupted may make another error of it (numpy an ImportError of 60 lines)."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # in the background of a script
        signal.signal(signal.SIGINT, _quit)


def interrupt_as_usual() -> None:
    """Ctrl+C raises KeyboardInterrupt from here on."""
    if signal.getsignal(signal.SIGINT) is _quit:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _quit(_number: int, _frame: FrameType | None) -> None:
    with contextlib.suppress(OSError):
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"layerbridge: Interrupted.\n")
    os._exit(130)


def _end(number: int, _frame: FrameType | None) -> None:
    raise EndedBySignal(number)


def _raise(number: int) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else EndedBySignal(number)


def _restore(handlers: dict[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _ending() -> list[signal.Signals]:
    known = [getattr(signal, name, None) for name in ENDING]
    return [number for number in known if number is not None]

"""Running blocking work in a thread while the main loop keeps windows alive. GIMP is never called from the thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from gi.repository import GLib

T = TypeVar("T")


def in_background(work: Callable[[], T]) -> T:
    """The value of `work()`, or what it raised. The main loop runs meanwhile: windows answer, timers tick."""
    loop = GLib.MainLoop()
    values: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            values.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            errors.append(error)
        GLib.idle_add(loop.quit)

    threading.Thread(target=run, daemon=True).start()
    loop.run()
    if errors:
        raise errors[0]
    return values[0]


def start_in_background(work: Callable[[], T], done: Callable[[T | None, BaseException | None], None]) -> None:
    """Run `work()` and call `done(value, error)` in the main thread later; does not wait."""

    def run() -> None:
        try:
            value = work()
        except BaseException as error:  # noqa: BLE001 - handed to `done`
            in_main_thread(done, None, error)
        else:
            in_main_thread(done, value, None)

    threading.Thread(target=run, daemon=True).start()


def in_main_thread(function: Callable[..., Any], *arguments: Any) -> None:
    """Call `function` from the main loop, once."""

    def once() -> bool:
        function(*arguments)
        return False

    GLib.idle_add(once)

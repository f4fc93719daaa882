"""Where the command starts: nothing is imported before Ctrl+C is caught, since imports take a moment too."""

from __future__ import annotations

import contextlib
import io
import sys

from ..collector import collector_paused
from .interrupts import EndedBySignal, quit_while_importing

EXIT_INTERRUPTED = 130
EXIT_BY_SIGNAL = 128  # and the signal's number, as shells count


def main() -> int:
    quit_while_importing()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not where another program has put its own in place
            stream.reconfigure(errors="backslashreplace")  # names that a code page lacks
    try:
        with collector_paused():
            from .main import main as run

        return run()
    except EndedBySignal as ended:
        _say("Ended.")
        return EXIT_BY_SIGNAL + ended.number
    except KeyboardInterrupt:
        _say("Interrupted.")
        return EXIT_INTERRUPTED


def _say(word: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be closed
        print(f"layerbridge: {word}", file=sys.stderr)

"""Makes the fill by example ready: where it has to be compiled, a second process does about half of it.

Run as `python -m bridge_server.worker.preparing` it is that process. It begins at the other end, and leaves what it
compiles in numba's cache, where the worker finds it; so nothing but time depends on it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO

from ..children import CREATE_NO_WINDOW, python_command, python_environment
from ..edit.compiled import processors
from ..edit.fill.exemplar import prepare_fill_in_steps
from ..faults import describe_fault, log_line, one_line_faults
from .channel import take_over_stdin
from .parent import die_with_parent

if TYPE_CHECKING:
    from ..pipelines.generation import Watch


def prepare_fill(watch: Watch) -> None:
    """The stage "preparing": seconds the first time ever, nothing once it has been done. Raises Cancelled."""
    watch.stage("preparing")
    with _Helper() as helper:
        for was_missing in prepare_fill_in_steps():
            watch.check()
            if was_missing:
                helper.start()


class _Helper:
    """The second process, once it is asked for; it ends with the `with`, and with this process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._was_asked = processors() < 2

    def __enter__(self) -> _Helper:
        return self

    def start(self) -> None:
        """Only once, and not where there is one processor."""
        if self._was_asked:
            return
        self._was_asked = True
        try:
            self._process = subprocess.Popen(
                python_command("-m", "bridge_server.worker.preparing"),
                stdin=subprocess.PIPE,  # whose end tells it that this process has ended
                stdout=subprocess.DEVNULL,
                env=python_environment(),
                creationflags=CREATE_NO_WINDOW if sys.platform == "win32" else 0,
            )
        except OSError as error:
            log_line(f"no second process compiles: {describe_fault(error)}")

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def main() -> int:
    """Until all is compiled, or standard input ends."""
    one_line_faults()
    die_with_parent()
    threading.Thread(target=_end_with, args=(take_over_stdin(),), daemon=True).start()
    for _ in prepare_fill_in_steps(from_the_end=True):
        pass
    return 0


def _end_with(stream: BinaryIO) -> None:
    while stream.read(1):
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())

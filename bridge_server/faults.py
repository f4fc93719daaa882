"""An unexpected exception as one line for a log: its type and where it was raised (standard library only).

Its message is left out: it may hold a prompt, a token or a file name. What a bug report needs is the place.
"""

from __future__ import annotations

import errno
import sys
import threading
import traceback
from pathlib import PurePath
from types import TracebackType
from typing import Any

PLACES = 8  # innermost calls that are named
CAUSES = 3  # exceptions behind the exception that are named


def describe_fault(error: BaseException) -> str:
    """Such as KeyError at worker/runner.py:61 in run_task < worker/main.py:139 in _run; from ValueError at ..."""
    told: list[str] = []
    current: BaseException | None = error
    while current is not None and len(told) <= CAUSES:
        told.append(_one(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "; from ".join(told)


def log_line(line: str) -> None:
    """Write a line to standard error in one piece: `print` writes its end apart, so lines of two threads would mix."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def one_line_faults() -> None:
    """From now on an exception that nobody catches, in any thread, is one line on standard error."""

    def tell(kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None = None) -> None:
        log_line(f"not caught: {kind.__name__ if error is None else describe_fault(error)}")

    sys.excepthook = tell
    threading.excepthook = lambda given: tell(given.exc_type, given.exc_value)


def _one(error: BaseException) -> str:
    frames = list(reversed(traceback.extract_tb(error.__traceback__)))
    places = [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames[:PLACES]]
    left_out = [f"{len(frames) - PLACES} more"] if len(frames) > PLACES else []
    return _kind(error) + (f" at {' < '.join(places + left_out)}" if places else "")


def _kind(error: BaseException) -> str:
    """The type, with the code that errors of the system, of SQLite and of Layerbridge carry."""
    code: Any = getattr(error, "sqlite_errorname", None) or getattr(error, "code", None)
    if isinstance(error, OSError) and error.errno is not None:
        code = errno.errorcode.get(error.errno, error.errno)
    return type(error).__name__ + (f" ({code})" if isinstance(code, (int, str)) else "")


def _short(filename: str) -> str:
    """The last two parts of a path: enough to find the file, nothing of the user's folders."""
    return "/".join(PurePath(filename).parts[-2:])

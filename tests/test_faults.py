"""An unexpected exception in a log: its type and place, never its message."""

from __future__ import annotations

import io
import sqlite3
import subprocess
import sys
from collections.abc import Callable

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.faults import PLACES, describe_fault, log_line

SECRET = "a prompt of mine"


def _plain() -> None:
    raise ValueError(SECRET)


def _chained() -> None:
    try:
        _plain()
    except ValueError as error:
        raise RuntimeError(SECRET) from error


def _while_handling() -> None:
    try:
        _plain()
    except ValueError:
        raise KeyError(SECRET)  # noqa: B904


def _hidden() -> None:
    try:
        _plain()
    except ValueError:
        raise KeyError(SECRET) from None


def _deep(left: int = 30) -> None:
    if not left:
        _plain()
    _deep(left - 1)


def _system() -> None:
    raise OSError(28, SECRET, f"/home/me/{SECRET}")


def _own() -> None:
    raise BridgeError(ErrorCode.OUT_OF_MEMORY, SECRET, SECRET)


def _database() -> None:
    sqlite3.connect(":memory:").execute(f"select '{SECRET}' from nothing")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (_plain, ["ValueError at tests/test_faults.py:", "in _plain < "]),
        (_chained, ["RuntimeError at ", "; from ValueError at ", "in _plain"]),
        (_while_handling, ["KeyError at ", "; from ValueError at "]),
        (_hidden, ["KeyError at "]),
        (_deep, [f"in _deep < {31 + 1 - PLACES + 1} more"]),
        (_system, ["OSError (ENOSPC) at "]),
        (_own, ["BridgeError (out_of_memory) at "]),
        (_database, ["OperationalError (SQLITE_ERROR) at "]),
    ],
)
def test_type_and_place_in_one_line_without_the_message(fault: Callable[[], None], told: list[str]) -> None:
    with pytest.raises(Exception) as caught:
        fault()
    line = describe_fault(caught.value)
    assert all(part in line for part in told), line
    assert SECRET not in line and "\n" not in line and len(line) < 2000
    assert ("; from" in line) is (fault in (_chained, _while_handling))


@pytest.mark.parametrize("where", ["main", "thread"])
def test_nobody_catches_it(where: str) -> None:
    code = f"""
import threading
from bridge_server.faults import one_line_faults
one_line_faults()
def fail(): raise ValueError({SECRET!r})
fail() if {where!r} == "main" else threading.Thread(target=fail).start()
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False).stderr
    assert said.startswith("not caught: ValueError at ") and said.count("\n") == 1 and SECRET not in said


def test_a_line_is_written_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the lines of two threads mix: each of `print`'s two writes may be followed by another thread's."""
    pieces: list[str] = []

    class Recorder(io.StringIO):
        def write(self, text: str, /) -> int:
            pieces.append(text)
            return len(text)

    monkeypatch.setattr(sys, "stderr", Recorder())
    log_line("a task: KeyError")
    assert pieces == ["a task: KeyError\n"]

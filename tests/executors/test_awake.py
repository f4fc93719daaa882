"""The computer stays awake while something is painted, on systems played by fakes.

Faithful to SetThreadExecutionState (learn.microsoft.com, winbase.h: flags hold until ES_CONTINUOUS alone is set) and to
caffeinate(8) of macOS (-i: no idle sleep; -w: until that process ends).
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from bridge_server.executors.awake import Awake, stay_awake

pytestmark = pytest.mark.portable


def test_windows_is_told_and_told_again() -> None:
    states: list[int] = []
    undo = stay_awake("win32", set_state=states.append)
    assert states == [0x80000001]
    undo()
    assert states == [0x80000001, 0x80000000]


class Program:
    def __init__(self, command: list[str]) -> None:
        self.command, self.said = command, list[str]()

    def terminate(self) -> None:
        self.said.append("terminate")

    def wait(self) -> None:
        self.said.append("wait")


def test_macos_runs_caffeinate_as_long_as_the_daemon_lives() -> None:
    started: list[Program] = []

    def start(command: list[str]) -> Any:
        started.append(Program(command))
        return started[-1]

    undo = stay_awake("darwin", start=start)
    assert [program.command[1:] for program in started] == [["-i", "-w", str(os.getpid())]]
    assert started[0].said == []
    undo()
    assert started[0].said == ["terminate", "wait"]


@pytest.mark.parametrize("platform", ["linux", "freebsd14", "darwin", "win32"])
def test_what_cannot_be_done_is_left(platform: str) -> None:
    def refuse(*_: Any) -> Any:
        raise FileNotFoundError(2, "no caffeinate")

    stay_awake(platform, set_state=refuse, start=refuse)()


def test_awake_from_the_first_task_to_the_last() -> None:
    said: list[str] = []

    def begin() -> Any:
        said.append("begin")
        return lambda: said.append("end")

    awake = Awake(begin)
    with awake.for_a_task():
        with awake.for_a_task():
            assert said == ["begin"]
        assert said == ["begin"]
    assert said == ["begin", "end"]
    with pytest.raises(ValueError, match="broken"), awake.for_a_task():
        raise ValueError("broken")
    assert said == ["begin", "end"] * 2

"""How a worker is started on each system, and that its log cannot keep it from starting."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge_server.executors.launch import (
    CREATE_NO_WINDOW,
    LOG_BYTES,
    open_log,
    platform_arguments,
    worker_command,
    worker_environment,
)

pytestmark = pytest.mark.portable


def test_only_windows_needs_to_be_told_to_open_no_window() -> None:
    assert platform_arguments("win32") == {"creationflags": CREATE_NO_WINDOW} == {"creationflags": 0x08000000}
    assert platform_arguments("linux") == platform_arguments("darwin") == {}


def test_the_environment_is_the_daemons_with_what_a_worker_needs() -> None:
    made = worker_environment({"HOME": "/home/me", "PYTHONUTF8": "0"})
    assert made["HOME"] == "/home/me"
    assert made["PYTHONUTF8"] == "1", "libraries print letters that a code page lacks"
    assert made["FOR_DISABLE_CONSOLE_CTRL_HANDLER"] == "1"


def test_the_command_runs_the_worker_with_this_python() -> None:
    command = worker_command(["--device", "cpu"])
    assert command[0] == sys.executable and command[-4:] == ("-m", "bridge_server.worker.main", "--device", "cpu")


@pytest.mark.parametrize(("size", "kept"), [(None, False), (0, False), (LOG_BYTES, False), (LOG_BYTES + 1, True)])
def test_a_long_log_is_put_aside(tmp_path: Path, size: int | None, kept: bool) -> None:
    path = tmp_path / "worker.log"
    if size is not None:
        path.write_bytes(b"x" * size)
    with open_log(path) as log:
        log.write(b"new")
    assert path.read_bytes() == (b"new" if kept else b"x" * (size or 0) + b"new")
    assert (tmp_path / "worker.old.log").exists() is kept


@pytest.mark.parametrize("error", [PermissionError(13, "in use"), OSError(22, "invalid"), FileNotFoundError(2, "gone")])
def test_a_long_log_that_cannot_be_moved_grows_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    """As on Windows, where a viewer that has it open keeps it from being renamed."""
    path = tmp_path / "worker.log"
    path.write_bytes(b"x" * (LOG_BYTES + 1))

    def refuse(_self: Path, _target: Path) -> Path:
        raise error

    monkeypatch.setattr(Path, "replace", refuse)
    with open_log(path) as log:
        log.write(b"new")
    assert path.stat().st_size == LOG_BYTES + 4

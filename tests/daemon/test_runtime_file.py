"""runtime.json where it cannot be written, and what daemons that ended meanwhile have left of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bridge_server.http import runtime as runtimes
from bridge_server.http.runtime import Runtime, read_runtime, sweep_runtime, write_runtime

RUNTIME = Runtime("1", "i", 1, 47821, ["http://127.0.0.1:47821"], "s", 0.0, "daemon.log")


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_what_could_not_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(runtimes.json, "dump", refuse)
    with pytest.raises(type(error)):
        write_runtime(tmp_path / "runtime.json", RUNTIME)
    assert list(tmp_path.iterdir()) == []


def test_left_overs_go_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runtime.json"
    for _ in range(3):
        with monkeypatch.context() as killed:
            killed.setattr(os, "replace", lambda *_: None)  # as if the daemon ended here
            write_runtime(path, RUNTIME)
    assert len(list(tmp_path.iterdir())) == 3
    write_runtime(path, RUNTIME)
    others = ["runtime.json.backup", "runtime.json.old", "runtime.jsonABCDEFGH", "my-runtime.jsonabcdefgh", "journal"]
    for name in others:
        (tmp_path / name).touch()
    sweep_runtime(path)
    assert {file.name for file in tmp_path.iterdir()} == {"runtime.json", *others}
    assert read_runtime(path) == RUNTIME

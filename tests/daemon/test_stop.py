"""Stopping in order: a terminal that is closed, and files that another program holds meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from filelock import FileLock

from bridge_server.config import ServeOptions, find_home
from bridge_server.http import server
from bridge_server.http.runtime import Runtime, read_runtime
from tests.support.daemon import Daemon
from tests.support.requests import frame


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM", "SIGINT"])
def test_a_signal_stops_the_daemon_in_order(make_daemon: Callable[..., Daemon], name: str) -> None:
    daemon = make_daemon()
    daemon.submit(frame(steps=150))
    worker = psutil.Process(daemon.worker_pid())
    assert daemon.process is not None
    daemon.process.send_signal(getattr(signal, name))
    assert daemon.process.wait(180) == 0
    assert not (daemon.home / "runtime.json").exists()
    assert psutil.wait_procs([worker], timeout=120)[1] == []
    with FileLock(daemon.home / "daemon.lock", timeout=0):
        pass


async def test_a_daemon_started_with_nohup_stays_when_its_terminal_is_closed() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = asyncio.Event()
    try:
        server._stop_on_signals(stop)
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(stop.wait(), 60)
    finally:
        for number, handler in before.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes an operation of Path on runtime.json fail as on Windows while another program has the file open."""

    def hold(operation: str) -> None:
        real = getattr(Path, operation)

        def refuse(path: Path, *arguments: Any, **named: Any) -> Any:
            if "runtime.json" in path.name:
                raise PermissionError(13, "The process cannot access the file", str(path))
            return real(path, *arguments, **named)

        monkeypatch.setattr(Path, operation, refuse)

    yield hold


async def test_a_held_runtime_file_does_not_keep_the_daemon_from_stopping_in_order(
    tmp_path: Path, held: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = find_home({"LAYERBRIDGE_HOME": str(tmp_path)})
    ended: list[str] = []
    real = server.Dispatcher.stop

    async def stop(dispatcher: server.Dispatcher) -> None:
        await real(dispatcher)
        ended.append("dispatcher")

    monkeypatch.setattr(server.Dispatcher, "stop", stop)
    others = set(psutil.Process().children(recursive=True))  # daemons that other tests share
    ready: list[Runtime] = []

    def on_ready(runtime: Runtime) -> None:
        ready.append(runtime)
        held("unlink")
        signal.raise_signal(signal.SIGTERM)

    await asyncio.wait_for(server.serve(ServeOptions(home, port=0, devices=("cpu",)), on_ready), 60)
    assert ended == ["dispatcher"]
    assert set(psutil.Process().children(recursive=True)) - others == set()
    left = read_runtime(home.runtime)  # out of date, which its instance tells
    assert left == ready[0]
    with FileLock(home.lock, timeout=0):
        pass


async def test_a_runtime_file_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, held: Callable[[str], None]
) -> None:
    home = find_home({"LAYERBRIDGE_HOME": str(tmp_path)})
    held("replace")
    with pytest.raises(PermissionError):
        await server.serve(ServeOptions(home, port=0, devices=("cpu",)), lambda runtime: None)
    assert list(tmp_path.glob("runtime*")) == []
    with FileLock(home.lock, timeout=0):
        pass


@pytest.mark.parametrize("times", [1, 5])
def test_windows_waits_for_whoever_reads_the_runtime_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    from bridge_server.http import runtime

    slept: list[float] = []
    monkeypatch.setattr(runtime, "patiently", lambda do: server_patiently(do, slept))
    real, left = Path.replace, [times]

    def replace(path: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "The process cannot access the file")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    written = Runtime("1", "a", 1, 47821, ["http://127.0.0.1:47821"], "s", 0.0, "log")
    runtime.write_runtime(tmp_path / "runtime.json", written)
    assert read_runtime(tmp_path / "runtime.json") == written
    assert len(slept) == times


def server_patiently(do: Callable[[], Any], slept: list[float]) -> Any:
    from bridge_server.patience import patiently

    return patiently(do, platform="win32", sleep=slept.append)

"""What the command line does on Windows, as far as it can be known without one: its rules, with their sources."""

from __future__ import annotations

import http.client
import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from bridge_server.cli import daemon, doctor, plugin_command, serve
from bridge_server.cli.arguments import make_parser
from bridge_server.cli.interrupts import interruptibly
from bridge_server.cli.photoshop import UPIA, installer_agent
from bridge_server.cli.plugin import Machine
from bridge_server.cli.windows import (
    detached_arguments,
    is_outside_profile,
    is_store_python,
    protecting_command,
)
from bridge_server.config import find_home
from bridge_server.errors import BridgeError, ErrorCode
from layerbridge_client.transport import Answer, Transport

pytestmark = pytest.mark.portable


def test_a_daemon_in_the_background_opens_no_console() -> None:
    """With DETACHED_PROCESS its children open one (cpython#85785)."""
    assert detached_arguments("win32") == {"creationflags": 0x08000000 | 0x200}
    assert detached_arguments("linux") == detached_arguments("darwin") == {"start_new_session": True}


@pytest.mark.parametrize(
    ("prefix", "is_store"),
    [
        (r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_3.12.2800.0_x64__qbz5n2kfra8p0", True),
        (r"c:/program files/windowsapps/PythonSoftwareFoundation.Python.3.13_qbz5n2kfra8p0", True),
        (r"C:\Users\ada\AppData\Local\Programs\Python\Python312", False),
        (r"C:\My WindowsApps copy\python", False),
    ],
)
def test_the_store_s_python_is_refused(prefix: str, is_store: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_store_python("win32", prefix) is is_store
    assert not is_store_python("linux", prefix)
    if not is_store:
        return
    monkeypatch.setattr(sys, "base_prefix", prefix)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(
        BridgeError, match=r"Nothing was installed: this Python is the one of the Microsoft Store.*python\.org"
    ):
        plugin_command.install(None)  # pyright: ignore[reportArgumentType]  (refused before it is looked at)


def test_a_home_outside_the_profile_is_told_with_the_command_that_protects_it() -> None:
    ada = {"USERPROFILE": r"C:\Users\ada"}
    assert is_outside_profile("win32", r"D:\layerbridge", ada)
    assert is_outside_profile("win32", r"C:\Users\adam\layerbridge", ada)
    assert not is_outside_profile("win32", r"c:\users\ADA\AppData\Local\layerbridge", ada)
    assert not is_outside_profile("win32", r"C:\Users\ada\..\ada\x", ada)
    assert not is_outside_profile("linux", "/srv/layerbridge", ada)
    assert protecting_command(r"D:\lb") == r'icacls "D:\lb" /inheritance:r /grant:r "%USERNAME%:(OI)(CI)F"'


def test_doctor_tells_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(doctor, "is_store_python", lambda *_: True)
    monkeypatch.setattr(doctor, "is_outside_profile", lambda *_: True)
    findings = list(doctor.examine_home(find_home()))
    assert [one for one in findings if one.level == "warning" and "icacls" in one.remedy]
    first = next(one for one in doctor.examine(find_home()) if one.level == "problem")
    assert "Microsoft Store" in first.what


@pytest.mark.parametrize("error", [BrokenPipeError, ConnectionResetError, ConnectionAbortedError])
def test_an_early_refusal_is_read_whatever_the_system_calls_it(
    error: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """WinError 10053 is ConnectionAbortedError."""

    class Socket:
        def makefile(self, _mode: str) -> Any:
            return io.BytesIO(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}")

        def settimeout(self, _seconds: float) -> None: ...

        def sendall(self, _data: bytes) -> None:
            raise error(10053, "aborted")

        def close(self) -> None: ...

    def connect(connection: http.client.HTTPConnection) -> None:
        connection.sock = Socket()

    monkeypatch.setattr(http.client.HTTPConnection, "connect", connect)
    answer = Transport("http://127.0.0.1:1").exchange("POST", "/v1/jobs", [b"1234"], seconds=5)
    assert answer == Answer(429, b"{}", early=True)


def test_stop_waits_for_the_process_on_every_system() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert daemon._alive(child.pid)  # pyright: ignore[reportPrivateUsage]
    child.kill()
    child.wait()
    assert not daemon._alive(child.pid)  # pyright: ignore[reportPrivateUsage]
    assert daemon._alive(os.getpid())  # pyright: ignore[reportPrivateUsage]


def test_a_long_call_can_be_interrupted() -> None:
    """On Windows a socket's wait cannot: the main thread looks ten times a second instead."""
    assert interruptibly(lambda: 7, "linux") == interruptibly(lambda: 7, "win32") == 7
    threads: list[threading.Thread] = []
    interruptibly(lambda: threads.append(threading.current_thread()), "win32")
    assert threads[0] is not threading.main_thread()

    def refuse() -> None:
        raise BridgeError(ErrorCode.NOT_FOUND, "no")

    with pytest.raises(BridgeError, match="no"):
        interruptibly(refuse, "win32")


def test_a_32_bit_python_finds_adobe_s_installer(tmp_path: Path) -> None:
    program = tmp_path / "Adobe" / UPIA / "UnifiedPluginInstallerAgent.exe"
    program.parent.mkdir(parents=True)
    program.touch()
    both = {"CommonProgramFiles": r"C:\Program Files (x86)\Common Files", "CommonProgramW6432": str(tmp_path)}
    for environment in (both, {"CommonProgramFiles": str(tmp_path)}):
        machine = Machine("win32", tmp_path, environment)
        assert installer_agent(machine) == [str(program), "/install"]


def test_a_second_daemon_leaves_the_log_of_the_first_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows a log that a second process has open cannot be rotated by the first."""
    monkeypatch.setenv("LAYERBRIDGE_HOME", str(tmp_path))
    home = find_home()
    opened: list[Path] = []
    monkeypatch.setattr(serve, "start_log", opened.append)
    options = make_parser().parse_args(["serve", "--port", "0"])
    with FileLock(home.lock), pytest.raises(BridgeError, match="is running already"):
        serve.serve(options)
    assert opened == []

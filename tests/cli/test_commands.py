"""The daemon's commands and doctor in the situations a user gets into; most without a daemon."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bridge_server.cli import entry, home, main
from bridge_server.cli.doctor import Finding, examine_daemon, examine_home, examine_ports
from bridge_server.cli.home import home_fault
from bridge_server.cli.models import describe
from bridge_server.cli.serve import already_running
from bridge_server.config import find_home
from tests.support.daemon import short_home

from .shell import Shell
from .test_connection import runtime


def test_nothing_runs(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    stopped, asked = shell("stop"), shell("status")
    assert (stopped.returncode, stopped.stderr) == (3, "layerbridge: Layerbridge is not running.\n")
    assert asked.returncode == 3
    assert "layerbridge serve" in asked.stderr


@pytest.mark.parametrize("words", [["serve"], ["serve", "--detach"], ["models", "list"]])
def test_a_home_that_is_a_file_is_a_sentence(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "file").touch()
    done = Shell(tmp_path / "file")(*words)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "is a file" in done.stderr
    assert "LAYERBRIDGE_HOME" in done.stderr
    assert "layerbridge: layerbridge" not in done.stderr


def test_why_a_daemon_in_the_background_does_not_start_is_said_once(tmp_path: Path) -> None:
    done = Shell(tmp_path)("serve", "--detach", "--host", "192.0.2.7")
    assert done.returncode == 1
    assert done.stderr.startswith("layerbridge: The daemon did not start. Layerbridge does not listen on 192.0.2.7")


def test_two_commands_that_start_the_daemon_at_once_share_it() -> None:
    shell = Shell(short_home())
    words = [sys.executable, "-m", "bridge_server", "serve", "--detach", "--port", "0"]
    environment = {**os.environ, "LAYERBRIDGE_HOME": str(shell.home)}
    started = [subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        said = [process.communicate(timeout=60)[1] for process in started]
    finally:
        shell("stop")
        shutil.rmtree(shell.home, ignore_errors=True)
    assert said == [""] * 3
    assert [process.returncode for process in started] == [0] * 3


def test_doctor_calls_a_home_that_cannot_be_used_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"LAYERBRIDGE_HOME": str(tmp_path / "a" / "b")}
    place = find_home(environment)
    assert home_fault(place, environment) is None
    with monkeypatch.context() as patch:
        patch.setattr(home.os, "access", lambda *_: False)
        assert "may not write to" in str(home_fault(place, environment))
    (tmp_path / "a").touch()
    (finding,) = examine_home(place)
    assert finding.level == "problem"
    assert "is a file" in finding.what
    assert finding.remedy


def test_doctor_names_the_logs_although_nothing_runs(tmp_path: Path) -> None:
    place = find_home({"LAYERBRIDGE_HOME": str(tmp_path)})
    assert any(str(place.logs) in finding.what for finding in examine_home(place))
    assert any("not running" in finding.what for finding in examine_daemon(None, place))


@pytest.fixture
def another() -> Iterator[int]:
    """The port of something that answers hello as a Layerbridge does."""

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"name": "layerbridge", "instance": "x"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_doctor_tells_another_layerbridge_from_another_program(another: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge_server.cli.connection.HELLO_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as program, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = program.getsockname()[1]
        said = [finding.what for finding in examine_ports((another, port, free.getsockname()[1]))]
        assert said == [
            f"port {another} is taken by a Layerbridge of another home, or of another user",
            f"port {port} is taken by another program; the next one is used",
        ]
        full = list(examine_ports((another, port)))
        assert full[-1] == Finding(
            "problem", f"all of its ports are taken: {another}, {port}", "Use `layerbridge serve --port N`."
        )


def test_a_second_daemon_on_another_port_is_refused_with_the_port(capsys: pytest.CaptureFixture[str]) -> None:
    assert already_running(runtime(47821), None) == 0
    assert already_running(runtime(47821), 47821) == 0
    assert "at http://127.0.0.1:47821" in capsys.readouterr().out
    assert already_running(runtime(47821), 5000) == 1
    assert "on port 47821" in capsys.readouterr().err


def test_a_model_that_cannot_be_used_is_shown_as_such() -> None:
    model = {"name": "old.ckpt", "operations": [], "note": "A pickle.", "key": "0123456789abcdef", "role": "lora"}
    key = "    key: 0123456789abcdef, role: lora"
    assert list(describe(model)) == ["old.ckpt: cannot be used", key, "    A pickle."]


def test_nobody_is_paired(shell: Shell) -> None:
    assert shell("serve", "--detach", "--port", 0).returncode == 0
    listed = shell("pair", "--list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "No plug-in is paired" in listed.stdout


def test_ctrl_c_while_modules_are_imported_is_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "main", interrupted)
    monkeypatch.setattr(entry, "quit_while_importing", lambda: None)  # it would end this process
    assert entry.main() == 130
    assert capsys.readouterr().err == "layerbridge: Interrupted.\n"


def test_next_to_nothing_is_imported_before_ctrl_c_is_caught() -> None:
    look = (
        "import sys, bridge_server.cli.entry; print(*{'asyncio', 'concurrent.futures', 'logging'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []

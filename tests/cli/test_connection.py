"""The way to the daemon: a runtime.json that is damaged or out of date, another program on the port, early refusals."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge_server.cli.connection import Connection, connect
from bridge_server.config import find_home
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.http.runtime import Runtime, read_runtime, write_runtime
from tests.support.soon import soonest


def runtime(port: int, **changes: Any) -> Runtime:
    values: dict[str, Any] = {
        "version": "1", "instance": "mine", "pid": 1, "port": port, "addresses": [f"http://127.0.0.1:{port}"],
        "secret": "geheim", "started": 0.0, "log": "/logs/daemon.log",
    }  # fmt: skip
    return Runtime(**values | changes)


@contextmanager
def program(answer: bytes, *, take: int = 65536) -> Iterator[tuple[int, list[bytes]]]:
    """A program that reads at most `take` bytes of the one connection it gets, sends `answer`, and closes.

    Without an answer it keeps the connection open and says nothing.
    """
    heard: list[bytes] = []
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            with server.accept()[0] as client:
                heard.append(client.recv(take))
                if not answer:
                    left.wait(60)
                client.sendall(answer)
                client.shutdown(socket.SHUT_WR)
                client.settimeout(2)
                time.sleep(0.3)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        left.set()
        thread.join(5)


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "damage",
    [{"addresses": []}, {"addresses": "x"}, {"addresses": [7]}, {"port": "47821"}, {"port": 0}, {"secret": None}],
)
def test_a_damaged_runtime_file_is_no_daemon(tmp_path: Path, damage: dict[str, Any]) -> None:
    path = tmp_path / "runtime.json"
    write_runtime(path, runtime(47821))
    assert read_runtime(path) == runtime(47821)
    path.write_text(json.dumps(json.loads(path.read_text()) | damage))
    assert read_runtime(path) is None


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", "\ud800"])
def test_a_runtime_file_of_another_shape_is_no_daemon(tmp_path: Path, text: str) -> None:
    path = tmp_path / "runtime.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert read_runtime(path) is None


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n",
        http(b"<html>"),
        http(b"[]"),
        http(b"{}"),
        http(b'{"name": "layerbridge", "instance": "another"}'),
        http(b'{"name": "other", "instance": "mine"}'),
    ],
)
def test_another_program_on_the_port_is_no_daemon_and_hears_no_secret(tmp_path: Path, answer: bytes) -> None:
    home = find_home({"LAYERBRIDGE_HOME": str(tmp_path)})
    with program(answer) as (port, heard):
        write_runtime(home.runtime, runtime(port))
        assert connect(home) is None
    assert heard
    assert b"geheim" not in heard[0]


def test_a_program_that_never_answers_does_not_hold_the_command_up(tmp_path: Path) -> None:
    home = find_home({"LAYERBRIDGE_HOME": str(tmp_path)})

    def given_up() -> float:
        with program(b"") as (port, _):
            write_runtime(home.runtime, runtime(port))
            started = time.monotonic()
            assert connect(home) is None
            return time.monotonic() - started

    assert soonest(given_up, 3.5) < 3.5


def test_an_early_refusal_is_read_although_sending_broke() -> None:
    body = json.dumps({"code": "too_many_pixels", "message": "Select a smaller area.", "detail": ""}).encode()
    with program(http(body, "413 Too Large"), take=100) as (port, _), pytest.raises(BridgeError) as caught:
        Connection(runtime(port)).raw("POST", "/v1/jobs", [bytes(2**20)] * 64)
    assert caught.value.code is ErrorCode.TOO_MANY_PIXELS
    assert caught.value.message == "Select a smaller area."


def test_a_broken_connection_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(BridgeError, match=r"`layerbridge status` says whether it still runs.*daemon\.log"):
        Connection(runtime(port)).call("GET", "/v1/status")

"""Nothing that a client sends gets into a log, however broken its requests are, and no log grows with them."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_server.cli.connection import Connection, start
from bridge_server.config import find_home
from tests.support.daemon import Daemon
from tests.support.requests import frame

WORD = "quokka"  # stands in every prompt, token and name that is sent
BROKEN = 1000
LOGS_BYTES = 100_000


@pytest.fixture
def background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon as `serve --detach` starts it, so that start.log is there too."""
    monkeypatch.setenv("LAYERBRIDGE_HOME", str(tmp_path))
    connection: Connection = start(find_home(), ["--port", "0", "--device", "cpu"])
    yield Daemon(tmp_path)
    connection.call("POST", "/v1/shutdown")


def send(daemon: Daemon, *requests: bytes) -> None:
    """Each over a connection of its own, until the daemon closes it or has answered."""
    for request in requests:
        with (
            socket.create_connection(("127.0.0.1", daemon.port), timeout=60) as connection,
            contextlib.suppress(ConnectionError),
        ):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def head(daemon: Daemon, line: str, *headers: str) -> bytes:
    lines = (line, f"Host: localhost:{daemon.port}", *headers, "", "")
    return "\r\n".join(lines).encode()


def broken(daemon: Daemon) -> list[bytes]:
    """Requests that are wrong in every part, each with the word in it."""
    owner = f"Authorization: Bearer {daemon.secret}"
    body = b"".join(bytes(part) for part in frame(prompt=f"a {WORD} in the snow"))
    inside = body.index(WORD.encode())
    lengths = (0, 1, 7, 8, inside - 1, inside, inside + 3, len(body) // 2, len(body) - 1)
    short = [head(daemon, "POST /v1/jobs HTTP/1.1", owner, f"Content-Length: {n}") + body for n in lengths]
    lines = (
        f"{WORD}", f"GET /{WORD}", f"GET /{WORD} HTTP/9.9", f"GET /\x00{WORD} HTTP/1.1", f"G\x01T {WORD} HTTP/1.1",
        f"GET http://[{WORD} HTTP/1.1", f"{WORD} /v1/hello HTTP/1.1", f"GET /v1/jobs/{WORD} HTTP/1.1",
        f"POST /v1/models/load?{WORD} HTTP/1.1",
    )  # fmt: skip
    headers = (
        f"Authorization Bearer {WORD}", f"Authorization: Bearer {WORD}", f" {WORD}: a", f"{WORD}\x00: a",
        f"Authorization: Bearer\x00{WORD}", f"Content-Length: {WORD}", f"Transfer-Encoding: {WORD}",
        f"Origin: {WORD} is what I paint", f"Origin: https://evil.example/{WORD}", f"Host: {WORD}",
        f"X: {WORD * 4000}", f"Upgrade: {WORD}\r\nConnection: Upgrade",
    )  # fmt: skip
    return [
        *short,
        *(head(daemon, line, owner) for line in lines),
        *(head(daemon, "GET /v1/hello HTTP/1.1", text) for text in headers),
        head(daemon, "POST /v1/jobs HTTP/1.1", owner, "Transfer-Encoding: chunked") + f"{WORD}\r\n".encode(),
        head(daemon, "POST /v1/pair HTTP/1.1", "Content-Length: 30") + f'{{"code": "{WORD}", "client'.encode(),
    ]


def logs(home: Path) -> dict[str, str]:
    """Everything in the home but the user's own pictures and journal."""
    files = [path for path in home.rglob("*") if path.is_file()]
    kept = ("spool", "journal.sqlite3", "runtime.json")
    return {
        str(path.relative_to(home)): path.read_text("utf-8", "replace")
        for path in files
        if not str(path.relative_to(home)).startswith(kept)
    }


def test_no_log_shows_what_was_sent_or_grows_with_it(background: Daemon) -> None:
    wrong = broken(background)
    send(background, *wrong)
    started = time.monotonic()
    for number in range(BROKEN):
        send(background, wrong[number % 9 + 9] if number % 2 else f"{WORD}{number}\r\n\r\n".encode())
    print(f"{BROKEN} broken requests in {time.monotonic() - started:.1f} s")
    failed = background.submit(frame(sampler=f"{WORD} sampler"))["id"]
    assert background.wait(failed)["state"] == "failed"
    found = logs(background.home)
    assert {"logs/daemon.log", "logs/start.log", "logs/worker.log"} <= set(found)
    for name, text in found.items():
        assert WORD not in text.lower(), name
        assert "Traceback" not in text, name
        assert background.secret not in text, name
        assert len(text) < LOGS_BYTES or not name.startswith("logs/"), name
    assert found["logs/start.log"] == ""
    assert "refused a request with the origin (no origin: 22 characters)" in found["logs/daemon.log"]


@pytest.mark.parametrize(
    ("origin", "shown"),
    [
        ("uxp://com.layerbridge.panel", "uxp://com.layerbridge.panel"),
        ("null", "null"),
        ("https://evil.example:8080", "https://evil.example:8080"),
        ("https://evil.example/" + "a" * 50, "(no origin: 71 characters)"),
        ("x" * 5000, "(no origin: 5000 characters)"),
    ],
)
def test_the_origin_of_a_refused_request_is_in_the_log(daemon: Daemon, origin: str, shown: str) -> None:
    send(daemon, head(daemon, "GET /v1/hello HTTP/1.1", f"Origin: {origin}", "Connection: close"))
    assert f"refused a request with the origin {shown}\n" in (daemon.home / "logs" / "daemon.log").read_text()

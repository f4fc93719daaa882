"""The command line's connection to the daemon: found through runtime.json, spoken to over http.client."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..config import Home
from ..errors import BridgeError, ErrorCode
from ..http.runtime import Runtime, read_runtime
from .main import NotRunningError

START_SECONDS = 30.0
ANSWER_SECONDS = 330.0  # loading a large model from a slow disk


@dataclass(frozen=True)
class Connection:
    """A daemon that answered. Raises BridgeError with the daemon's own sentence."""

    runtime: Runtime

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        return json.loads(self.raw(method, path, [data], {"Content-Type": "application/json"}))

    def raw(self, method: str, path: str, parts: Iterable[Any], headers: dict[str, str] | None = None) -> bytes:
        """Send buffers one after another, return the body of the answer."""
        pieces = list(parts)
        length = str(sum(len(piece) for piece in pieces))
        all_headers = {"Authorization": f"Bearer {self.runtime.secret}", "Content-Length": length, **(headers or {})}
        host = self.runtime.addresses[0].removeprefix("http://").rsplit(":", 1)[0].strip("[]")
        connection = http.client.HTTPConnection(host, self.runtime.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, body=iter(pieces), headers=all_headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise BridgeError(ErrorCode.INTERRUPTED, f"The connection to the daemon broke ({error}).") from None
        finally:
            connection.close()
        if answer.status >= 400:
            raise _refusal(content, answer.status)
        return content


def _refusal(content: bytes, status: int) -> BridgeError:
    try:
        body = json.loads(content)
        return BridgeError(ErrorCode(body["code"]), body["message"], body.get("detail", ""))
    except (ValueError, KeyError, TypeError):
        return BridgeError(ErrorCode.INTERNAL, f"The daemon answered HTTP {status}: {content[:200]!r}.")


def connect(home: Home) -> Connection | None:
    """The running daemon of this home; None where none answers."""
    runtime = read_runtime(home.runtime)
    if runtime is None:
        return None
    connection = Connection(runtime)
    try:
        answer = connection.call("GET", "/v1/hello")
    except BridgeError:
        return None
    return connection if answer["instance"] == runtime.instance else None


def require(home: Home) -> Connection:
    connection = connect(home)
    if connection is None:
        raise NotRunningError
    return connection


def start(home: Home, arguments: Iterable[str] = ()) -> Connection:
    """Start a daemon in the background and wait until it answers. Raises BridgeError where it does not."""
    command = [sys.executable, "-m", "bridge_server", "serve", *arguments]
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    home.logs.mkdir(parents=True, exist_ok=True)
    said = home.logs / "start.log"
    with said.open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, **detached
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        connection = connect(home)
        if connection is not None:
            return connection
        if process.poll() is not None:
            reason = said.read_text(errors="replace").strip().splitlines()
            raise BridgeError(ErrorCode.WORKER_UNAVAILABLE, f"The daemon did not start. {reason[-1] if reason else ''}")
        time.sleep(0.05)
    raise BridgeError(ErrorCode.WORKER_UNAVAILABLE, f"The daemon did not answer; its log is {home.log}.")

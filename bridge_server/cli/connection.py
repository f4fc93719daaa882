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

from filelock import FileLock, Timeout

from ..children import python_command, python_environment
from ..config import Home
from ..errors import BridgeError, ErrorCode
from ..http.runtime import Runtime, read_runtime
from .home import require_home
from .main import NotRunningError
from .pinned import connection_to
from .windows import detached_arguments

START_SECONDS = 30.0
ANSWER_SECONDS = 330.0  # loading a large model from a slow disk
HELLO_BYTES = 64 * 2**10  # it is a few hundred
HELLO_SECONDS = 2.0  # a daemon answers this at once; another program on its port may never answer


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
        connection = connection_to(self.runtime, ANSWER_SECONDS)
        try:
            answer = _exchange(connection, method, path, pieces, all_headers)
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise BridgeError(ErrorCode.INTERRUPTED, _broken(self.runtime, error)) from None
        finally:
            connection.close()
        if answer.status >= 400:
            raise _refusal(content, answer.status)
        return content


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, pieces: list[Any], headers: dict[str, str]
) -> http.client.HTTPResponse:
    """Send a request; where the daemon refuses it before it has all of it, its answer is there to be read."""
    try:
        connection.request(method, path, body=iter(pieces), headers=headers)
    except ConnectionError:  # broken, reset, or, on Windows, aborted
        if connection.sock is None:
            raise
        answer = http.client.HTTPResponse(connection.sock, method=method)
        answer.begin()
        return answer
    return connection.getresponse()


def _broken(runtime: Runtime, error: Exception) -> str:
    return (
        f"The connection to the daemon broke ({error or type(error).__name__}). `layerbridge status` says whether it "
        f"still runs, and the end of {runtime.log} why not; then try again."
    )


def _refusal(content: bytes, status: int) -> BridgeError:
    try:
        body = json.loads(content)
        return BridgeError(ErrorCode(body["code"]), body["message"], body.get("detail", ""))
    except (ValueError, KeyError, TypeError):
        return BridgeError(ErrorCode.INTERNAL, f"The daemon answered HTTP {status}: {content[:200]!r}.")


def connect(home: Home) -> Connection | None:
    """The running daemon of this home; None where none answers, or what answers at its port is something else."""
    runtime = read_runtime(home.runtime)
    if runtime is None:
        return None
    answer = hello_of(connection_to(runtime, HELLO_SECONDS))
    return Connection(runtime) if answer is not None and answer.get("instance") == runtime.instance else None


def say_hello(host: str, port: int) -> dict[str, Any] | None:
    """What the Layerbridge at this address says of itself; None where none answers. Sends no secret."""
    return hello_of(http.client.HTTPConnection(host, port, timeout=HELLO_SECONDS))


def hello_of(connection: http.client.HTTPConnection) -> dict[str, Any] | None:
    """What answers there, if it is a Layerbridge; closes the connection."""
    try:
        connection.request("GET", "/v1/hello")
        answer: Any = json.loads(connection.getresponse().read(HELLO_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) and answer.get("name") == "layerbridge" else None


def require(home: Home) -> Connection:
    connection = connect(home)
    if connection is None:
        raise NotRunningError
    return connection


def start(home: Home, arguments: Iterable[str] = ()) -> Connection:
    """Start a daemon in the background and wait until it answers. Raises BridgeError where it does not."""
    command = python_command("-m", "bridge_server", "serve", *arguments)
    require_home(home)
    home.logs.mkdir(parents=True, exist_ok=True)
    said = home.start_log
    with said.open("wb") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=python_environment(),
            **detached_arguments(sys.platform),
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        connection = connect(home)
        if connection is not None:
            return connection
        if ended and not _is_started_by_another(home):
            lines = said.read_text(errors="replace").strip().splitlines() or [f"Its log is {home.log}."]
            reason = lines[-1].removeprefix("layerbridge: ")
            raise BridgeError(ErrorCode.WORKER_UNAVAILABLE, f"The daemon did not start. {reason}")
        time.sleep(0.05)
    raise BridgeError(ErrorCode.WORKER_UNAVAILABLE, f"The daemon did not answer; its log is {home.log}.")


def _is_started_by_another(home: Home) -> bool:
    """Whether some process holds the daemon's lock: two commands may start one at the same moment."""
    lock = FileLock(home.lock)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return home.lock.exists()
    lock.release()
    return False

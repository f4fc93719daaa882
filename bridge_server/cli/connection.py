"""The command line's connection to the daemon: found through runtime.json, spoken to by layerbridge_client."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from filelock import FileLock, Timeout

from layerbridge_client.greeting import greet
from layerbridge_client.transport import NoAnswerError, Transport, read_envelope

from ..children import python_command, python_environment
from ..config import Home
from ..errors import BridgeError, ErrorCode
from ..http.runtime import Runtime, read_runtime
from .home import require_home
from .main import NotRunningError
from .windows import detached_arguments

START_SECONDS = 30.0
ANSWER_SECONDS = 330.0  # loading a large model from a slow disk
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
        transport = transport_to(self.runtime, self.runtime.secret)
        try:
            answer = transport.exchange(method, path, list(parts), headers, seconds=ANSWER_SECONDS)
        except NoAnswerError as error:
            raise BridgeError(ErrorCode.INTERRUPTED, _broken(self.runtime, error)) from None
        if answer.status >= 400:
            raise _refusal(answer.content, answer.status)
        return answer.content


def transport_to(runtime: Runtime, secret: str = "") -> Transport:
    """The way to the daemon's first address."""
    return Transport(runtime.addresses[0], secret, runtime.certificate)


def _broken(runtime: Runtime, error: NoAnswerError) -> str:
    return (
        f"The connection to the daemon broke ({error}). `layerbridge status` says whether it "
        f"still runs, and the end of {runtime.log} why not; then try again."
    )


def _refusal(content: bytes, status: int) -> BridgeError:
    said = read_envelope(content)
    if said is not None and said.code in list(ErrorCode):
        return BridgeError(ErrorCode(said.code), said.message, said.detail)
    return BridgeError(ErrorCode.INTERNAL, f"The daemon answered HTTP {status}: {content[:200]!r}.")


def connect(home: Home) -> Connection | None:
    """The running daemon of this home; None where none answers, or what answers at its port is something else."""
    runtime = read_runtime(home.runtime)
    if runtime is None:
        return None
    answer = greet(transport_to(runtime), HELLO_SECONDS, HELLO_SECONDS)
    return Connection(runtime) if answer is not None and answer.get("instance") == runtime.instance else None


def say_hello(host: str, port: int) -> dict[str, Any] | None:
    """What the Layerbridge at this address says of itself; None where none answers. Sends no secret."""
    return greet(Transport(f"http://{host}:{port}"), HELLO_SECONDS, HELLO_SECONDS)


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

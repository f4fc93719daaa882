"""A real daemon with a real worker for tests: its own home, a free port, ended by its process id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_SECONDS = 240.0


@dataclass
class Daemon:
    """A `layerbridge serve` process. Everything it writes is below `home`."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    module: str = "bridge_server"
    process: subprocess.Popen[bytes] | None = None

    @property
    def runtime(self) -> dict[str, Any]:
        return json.loads((self.home / "runtime.json").read_text())

    @property
    def url(self) -> str:
        return self.runtime["addresses"][0]

    @property
    def port(self) -> int:
        return self.runtime["port"]

    @property
    def secret(self) -> str:
        return self.runtime["secret"]

    def start(self) -> Daemon:
        """Start it and wait until it listens."""
        words = ("serve", "--port", "0", "--device", "cpu", *self.arguments)
        command = [sys.executable, "-P", "-m", self.module, *words]
        own = {"LAYERBRIDGE_HOME": str(self.home), "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2")}
        environment = {**os.environ, **own, **self.environment}
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "serve.out").open("ab") as out:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended: {(self.home / 'serve.out').read_text()}")
            if (self.home / "runtime.json").exists() and self.runtime["pid"] == self.process.pid:
                return self
            time.sleep(0.02)
        self.stop()
        raise RuntimeError("the daemon did not start")

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """A JSON call as the owner (or with `token`); raises urllib's HTTPError with the envelope as its body."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {token or self.secret}", **(headers or {})}
        request = urllib.request.Request(self.url + path, data=raw, method=method, headers=given)
        with urllib.request.urlopen(request, timeout=240) as answer:
            content = answer.read()
        return json.loads(content) if answer.headers["Content-Type"].startswith("application/json") else content

    def submit(self, parts: Iterable[Any], *, token: str | None = None, key: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/octet-stream", **({"Idempotency-Key": key} if key else {})}
        return self.call("POST", "/v1/jobs", b"".join(bytes(part) for part in parts), token=token, headers=headers)

    def wait(self, job: str, *, token: str | None = None, timeout: float = 300.0) -> dict[str, Any]:
        """The job's snapshot once it is finished."""
        deadline = time.monotonic() + timeout
        after = 0
        while time.monotonic() < deadline:
            reply = self.call("GET", f"/v1/jobs/{job}?after={after}&wait=10", token=token)
            after = max([after, *(event["seq"] for event in reply["events"])])
            if reply["job"]["state"] in ("done", "failed", "cancelled"):
                return reply["job"]
        raise TimeoutError(f"job {job} did not finish")

    def wait_for(self, job: str, state: str, timeout: float = 240.0) -> dict[str, Any]:
        """The job's snapshot once it is in `state`."""
        return self.watch(job, lambda now: now["state"] == state, timeout)

    def watch(self, job: str, holds: Callable[[dict[str, Any]], bool], timeout: float = 240.0) -> dict[str, Any]:
        """The first of the job's snapshots of which `holds` is true."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            snapshot = self.call("GET", f"/v1/jobs/{job}")["job"]
            if holds(snapshot):
                return snapshot
            time.sleep(0.02)
        raise TimeoutError(f"job {job} is {snapshot['state']}: {snapshot['progress']}")

    def worker_pid(self, timeout: float = 240.0) -> int:
        """The worker's process id, once it is ready."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            device = self.call("GET", "/v1/status")["devices"][0]
            if device["pid"] and device["state"] in ("idle", "busy"):
                return device["pid"]
            time.sleep(0.05)
        raise TimeoutError("the worker did not become ready")

    def kill(self) -> None:
        """As a crash would: no clean-up runs."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()


def short_home() -> Path:
    """A home under the system's temporary folder, which a GIMP in its own root sees too."""
    return Path(tempfile.mkdtemp(prefix="layerbridge-"))

"""`layerbridge` with a home of its own and a daemon on a chosen device, as a user runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

GENERATE_SECONDS = 900.0


@dataclass(frozen=True)
class DeviceShell:
    """root: where everything is written."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def worker_log_file(self) -> Path:
        return next(iter(sorted(self.home.rglob("worker.log"))), self.home / "worker.log")

    def worker_log(self) -> str:
        return self.worker_log_file.read_text(encoding="utf-8", errors="replace")

    @contextmanager
    def serving(self, device: str) -> Iterator[None]:
        """A daemon on the device, ended afterwards."""
        self.models.mkdir(exist_ok=True)
        self._run("serve", "--detach", "--port", "0", "--device", device, "--models", str(self.models))
        try:
            yield
        finally:
            self._run("stop")

    def generate(self, *words: str) -> None:
        """Raises RuntimeError with what the command said."""
        code, said = self.try_generate(*words)
        if code != 0:
            raise RuntimeError(f"layerbridge generate {' '.join(words)}: exit {code}\n{said}")

    def try_generate(self, *words: str) -> tuple[int, str]:
        """Exit code, and what it said on standard error."""
        done = subprocess.run(
            self._command("generate", *words),
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=GENERATE_SECONDS,
            check=False,
        )
        return done.returncode, done.stderr.strip()

    def interrupted(self, *words: str) -> tuple[int, float]:
        """Interrupt a job once it has been denoising for a while: exit code, and seconds from the signal to the end."""
        process = subprocess.Popen(
            self._command("generate", *words),
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait_until_busy(process)
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            code = process.wait(GENERATE_SECONDS)
            return code, time.monotonic() - started
        finally:
            if process.poll() is None:
                process.kill()

    def _wait_until_busy(self, process: subprocess.Popen[bytes]) -> None:
        """The model is loaded when the log says where it lies; the steps come a moment later."""
        deadline = time.monotonic() + GENERATE_SECONDS
        while "parameters on" not in self.worker_log() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(3)

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "bridge_server", *words]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "LAYERBRIDGE_HOME": str(self.home)}

    def _run(self, *words: str) -> None:
        subprocess.run(self._command(*words), env=self._environment(), check=True, stdout=subprocess.DEVNULL)

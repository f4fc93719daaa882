"""The command line as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shell:
    """Runs `layerbridge` with a home of its own."""

    home: Path

    def __call__(self, *words: object, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bridge_server", *map(str, words)]
        env = {**os.environ, "LAYERBRIDGE_HOME": str(self.home), **environment}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=timeout, check=False)

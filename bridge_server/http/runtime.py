"""runtime.json: how the command line and plug-ins of the same user find the daemon and its secret."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from ..patience import patiently


@dataclass(frozen=True)
class Runtime:
    """A running daemon. `secret` lets its owner in; the file is readable by the owner only (0600)."""

    version: str
    instance: str
    pid: int
    port: Annotated[int, Field(ge=1, le=65535)]
    addresses: Annotated[list[str], Field(min_length=1)]  # such as http://127.0.0.1:47821, or https
    secret: str
    started: float
    log: str
    certificate: str = ""  # PEM text, where the addresses are https


def write_runtime(path: Path, runtime: Runtime) -> None:
    """Atomically, never readable by others, not even for a moment. Raises OSError, and leaves nothing behind then."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # created 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(runtime), file, indent=1)
        patiently(lambda: temporary.replace(path))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sweep_runtime(path: Path) -> None:
    """Delete what daemons left that ended while they wrote it. For who holds the daemon's lock; no error is raised."""
    left = re.compile(re.escape(path.name) + r"[a-z0-9_]{8}")  # as mkstemp names them
    for file in path.parent.iterdir():
        if left.fullmatch(file.name):
            with contextlib.suppress(OSError):
                file.unlink()


def read_runtime(path: Path) -> Runtime | None:
    """None where no daemon has written one, or it is damaged."""
    try:
        return TypeAdapter(Runtime).validate_json(patiently(path.read_bytes), strict=True)
    except (OSError, ValidationError):
        return None


def remove_runtime(path: Path, instance: str) -> None:
    """Remove our own file, never that of a daemon that has taken over.

    One that cannot be removed stays: its `instance` says that it is out of date.
    """
    current = read_runtime(path)
    if current is not None and current.instance == instance:
        with contextlib.suppress(OSError):
            patiently(lambda: path.unlink(missing_ok=True))

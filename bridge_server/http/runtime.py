"""runtime.json: how the command line and plug-ins of the same user find the daemon and its secret."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError


@dataclass(frozen=True)
class Runtime:
    """A running daemon. `secret` lets its owner in; the file is readable by the owner only (0600)."""

    version: str
    instance: str
    pid: int
    port: Annotated[int, Field(ge=1, le=65535)]
    addresses: Annotated[list[str], Field(min_length=1)]  # such as http://127.0.0.1:47821
    secret: str
    started: float
    log: str


def write_runtime(path: Path, runtime: Runtime) -> None:
    """Atomically, never readable by others, not even for a moment."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # created 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(runtime), file, indent=1)
    Path(temporary).replace(path)


def read_runtime(path: Path) -> Runtime | None:
    """None where no daemon has written one, or it is damaged."""
    try:
        return TypeAdapter(Runtime).validate_json(path.read_bytes(), strict=True)
    except (OSError, ValidationError):
        return None


def remove_runtime(path: Path, instance: str) -> None:
    """Remove our own file, never that of a daemon that has taken over."""
    current = read_runtime(path)
    if current is not None and current.instance == instance:
        path.unlink(missing_ok=True)

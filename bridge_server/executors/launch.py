"""How a worker process is started: its command, environment and flags, and the log it writes to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ..children import CREATE_NO_WINDOW, python_command, python_environment
from ..jobs.faults import FULL

LINE_LIMIT = 4 * 2**20  # of a message, in bytes; a preview is a few tens of kilobytes
LOG_BYTES = 4 * 2**20

WORKER = "bridge_server.worker.main"  # the module that is run

ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",  # what libraries print goes to a pipe, and Windows' code pages lack most letters
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "FOR_DISABLE_CONSOLE_CTRL_HANDLER": "1",  # Intel's Fortran runtime ends the process at Ctrl+C, ours to answer
}


async def launch(arguments: Sequence[str], log_path: Path, module: str = WORKER) -> asyncio.subprocess.Process:
    """Start a worker (the main program in `module`) that writes its log to `log_path`. Raises OSError."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with open_log(log_path) as log_file:
        return await asyncio.create_subprocess_exec(
            *worker_command(arguments, module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log_file,
            limit=LINE_LIMIT,
            cwd=log_path.parent,
            env=worker_environment(os.environ),
            **platform_arguments(sys.platform),
        )


def worker_command(arguments: Sequence[str], module: str = WORKER) -> tuple[str, ...]:
    return python_command("-m", module, *arguments)


def worker_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    return {**python_environment(inherited), **ENVIRONMENT}


def platform_arguments(platform: str) -> dict[str, Any]:
    """What Popen needs besides on `platform` (as in sys.platform).

    Windows opens a console window for a console program whose parent has none, and the worker would end with it.
    """
    return {"creationflags": CREATE_NO_WINDOW} if platform == "win32" else {}


def open_log(path: Path) -> BinaryIO:
    """The log, to append to; a new one where it has grown long. One old one is kept.

    A log that cannot be moved away grows on: on Windows one that is open in a viewer cannot. Where the disk has no room
    for a new one nothing is kept of what the process says.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".old.log"))
    try:
        return path.open("ab")
    except OSError as error:
        if error.errno not in FULL:
            raise
        return Path(os.devnull).open("ab")

"""What a worker process says, line by line, and what it means (bridge_server.protocol.tasks)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from ..errors import BridgeError, ErrorCode
from ..protocol.messages import ErrorBody
from .base import Cancelled, Done, Failed, Outcome

log = logging.getLogger(__name__)

LINE_LIMIT = 4 * 2**20  # a preview is a few tens of kilobytes


async def read_notes(process: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    """The process's notes until it closes its standard output; a line that is too long ends it."""
    assert process.stdout is not None
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:
            log.exception("a worker sent a line of over %d bytes; it is replaced", LINE_LIMIT)
            kill(process)
            return
        if not line:
            return
        try:
            yield json.loads(line)
        except ValueError:
            log.warning("a worker sent something that is not JSON: %r", line[:200])


def as_outcome(note: dict[str, Any]) -> Outcome:
    """What a done, failed or cancelled note says."""
    match note["event"]:
        case "done":
            return Done(note["bounds"], int(note["seed"]), int(note["steps_run"]), int(note["bytes"]))
        case "failed":
            return Failed(ErrorBody(**note["error"]))
        case _:
            return Cancelled()


def as_error(envelope: dict[str, Any]) -> BridgeError:
    """The error of an envelope."""
    return BridgeError(ErrorCode(envelope["code"]), envelope["message"], envelope.get("detail", ""))


def kill(process: asyncio.subprocess.Process) -> None:
    """End it at once; no effect where it has ended."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()

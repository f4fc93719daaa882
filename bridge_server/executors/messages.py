"""What a worker process says and is told, line by line, and what it means (bridge_server.protocol.tasks)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from ..errors import BridgeError, ErrorCode
from ..protocol.messages import ErrorBody
from ..protocol.tasks import Made
from .base import Cancelled, Done, Failed, Outcome
from .launch import LINE_LIMIT

log = logging.getLogger(__name__)


async def read_messages(process: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    """The process's messages until it closes its standard output; a line that is too long ends it."""
    assert process.stdout is not None
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:
            log.error("a worker sent a line of over %d bytes; it is replaced", LINE_LIMIT)
            kill(process)
            return
        if not line:
            return
        try:
            yield json.loads(line)
        except ValueError:
            log.warning("a worker sent a line of %d bytes that is not JSON", len(line))


def as_outcome(message: dict[str, Any]) -> Outcome:
    """What a done, failed or cancelled message says."""
    match message["event"]:
        case "done":
            return Done(tuple(map(Made.from_json, message["artifacts"])))
        case "failed":
            return Failed(ErrorBody(**message["error"]))
        case _:
            return Cancelled()


def as_error(envelope: dict[str, Any]) -> BridgeError:
    """The error of an envelope."""
    return BridgeError(ErrorCode(envelope["code"]), envelope["message"], envelope.get("detail", ""))


def send(process: asyncio.subprocess.Process | None, command: dict[str, Any]) -> None:
    """Give it a command; no effect where it has ended."""
    if process is not None and process.stdin is not None and not process.stdin.is_closing():
        process.stdin.write(json.dumps(command).encode() + b"\n")


def kill(process: asyncio.subprocess.Process) -> None:
    """End it at once; no effect where it has ended."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()

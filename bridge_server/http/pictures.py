"""Artifacts as PNG or JPEG files: made where they are first asked for, by a process of their own, and kept beside them.

The daemon decodes no pixel: `bridge_server.worker.picture` does, whether a worker is free or not.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..executors.launch import open_log, platform_arguments, worker_command, worker_environment
from ..executors.messages import kill
from ..protocol.endpoints import JPEG, PNG
from ..protocol.messages import FRAME

MAKER = "bridge_server.worker.picture"
SUFFIXES = {PNG: ".png", JPEG: ".jpg"}


def offered(stored: str, kind: str) -> tuple[str, ...]:
    """In which media types an artifact can be had, as it is stored first. kind: of its output."""
    return (stored, *SUFFIXES) if stored == FRAME and kind != "text" else (stored,)


def not_offered(types: tuple[str, ...]) -> BridgeError:
    told = [f"{media_type} (a frame)" if media_type == FRAME else media_type for media_type in types]
    *first, last = told
    known = f"{', '.join(first)} or {last}" if first else last
    return BridgeError(
        ErrorCode.NOT_ACCEPTABLE, f"This artifact can be had as {known}, and the Accept header takes none of these."
    )


class Pictures:
    """Makes them one after another, so that memory stays bounded. log_path: where what goes wrong is written."""

    def __init__(self, log_path: Path) -> None:
        self._log_path = log_path
        self._one_at_a_time = asyncio.Lock()

    async def make(self, frame: Path, media_type: str, to: Path) -> bool:
        """The picture file of an artifact's frame, unless it is there; whether it was not. Raises BridgeError."""
        async with self._one_at_a_time:
            if to.exists():
                return False
            await self._make(frame, media_type, to)
            return True

    async def _make(self, frame: Path, media_type: str, to: Path) -> None:
        with open_log(self._log_path) as log_file:
            process = await asyncio.create_subprocess_exec(
                *worker_command((str(frame), media_type, str(to)), MAKER),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log_file,
                env=worker_environment(os.environ),
                **platform_arguments(sys.platform),
            )
        try:
            said, _ = await process.communicate()
        except BaseException:
            kill(process)
            raise
        if process.returncode:
            raise _failure(said)


def _failure(said: bytes) -> BridgeError:
    """What the process told; where it was ended it told nothing."""
    try:
        told = json.loads(said)
        return BridgeError(ErrorCode(told["code"]), told["message"], told["detail"])
    except (ValueError, KeyError, TypeError):
        return BridgeError(
            ErrorCode.WORKER_DIED,
            "The process that makes the picture file ended unexpectedly, perhaps because memory ran out. Close other "
            "programs, then try again.",
        )

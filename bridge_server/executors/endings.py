"""What a user is told when a worker process ends, does not answer, or cannot start."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..protocol.messages import ErrorBody


class Replaced(StrEnum):
    """Why the daemon ended a process itself."""

    CANCEL = "it did not answer a cancel"
    HUNG = "it stands still"
    LOAD = "it loads a model that nobody wants any more"


MEMORY = "memory"
PERHAPS_MEMORY = "perhaps memory"
FILE = "file"
UNKNOWN = "unknown"

# Windows ends a process with an NTSTATUS (winerror.h, ntstatus.h); POSIX with a signal, as a negative code.
WINDOWS = {
    0xC000_0017: MEMORY,  # STATUS_NO_MEMORY
    0xC000_012D: MEMORY,  # STATUS_COMMITMENT_LIMIT: the page file is full
    0xC000_0006: FILE,  # STATUS_IN_PAGE_ERROR: a mapped file cannot be read any more
    0xC000_0005: PERHAPS_MEMORY,  # STATUS_ACCESS_VIOLATION: many libraries do not check what malloc gives them
    0xC000_0409: PERHAPS_MEMORY,  # STATUS_STACK_BUFFER_OVERRUN: also any abort(), as after a bad_alloc
    0xC000_00FD: UNKNOWN,  # STATUS_STACK_OVERFLOW
    1: PERHAPS_MEMORY,  # TerminateProcess by another program; also what Python gives for an exception
}
SIGNALS = {9: MEMORY, 6: PERHAPS_MEMORY, 11: PERHAPS_MEMORY}  # SIGKILL: the system's memory killer; abort; segfault
SIGBUS = {"linux": 7, "darwin": 10}  # a mapped file became shorter, or its disk failed

WORDS = {
    MEMORY: "The process that paints was ended by the system, most likely because memory ran out. "
    "Select a smaller area or close other programs, then try again.",
    PERHAPS_MEMORY: "The process that paints ended unexpectedly, perhaps because memory ran out. Select a smaller area "
    "or close other programs, then try again; if it happens again, run `layerbridge doctor`.",
    FILE: "The process that paints ended because a file that it was reading became shorter or its disk failed; most "
    "likely the model is being downloaded or copied. Wait until that is finished, then try again.",
    UNKNOWN: "The process that paints ended unexpectedly. Try again; if it happens again, run `layerbridge doctor`.",
}


def why_it_died(code: int, platform: str = sys.platform) -> str:
    """memory, perhaps memory, file or unknown. code: the exit code as subprocess gives it on `platform`."""
    if platform == "win32":
        return WINDOWS.get(code & 0xFFFF_FFFF, UNKNOWN)
    signal = -code if code < 0 else code - 128  # a launcher in between (a shell) gives 128 + the signal
    if signal == SIGBUS.get(platform):
        return FILE
    return SIGNALS.get(signal, UNKNOWN)


def died(code: int, platform: str = sys.platform) -> BridgeError:
    """The process ended by itself."""
    number = f"0x{code & 0xFFFF_FFFF:08X}" if platform == "win32" and code not in (0, 1) else str(code)
    return BridgeError(ErrorCode.WORKER_DIED, WORDS[why_it_died(code, platform)], f"exit code {number}")


def unresponsive(stage: str, seconds: float) -> BridgeError:
    """The process was ended since nothing had gone on for `seconds` in `stage`."""
    lasted = f"{round(seconds / 60)} minutes" if seconds >= 120 else f"{round(seconds)} seconds"
    return BridgeError(
        ErrorCode.WORKER_UNRESPONSIVE,
        f"The process that paints stood still for {lasted} and was replaced. Try again; if it happens again, "
        "select a smaller area, take fewer steps or choose another model.",
        f"no progress in {stage}",
    )


def cannot_start(how: str, log_path: Path) -> ErrorBody:
    """how: "it did not become ready", or what the process itself said."""
    return ErrorBody(
        code=ErrorCode.WORKER_UNAVAILABLE,
        message=f"The process that paints cannot start: {how}. Run `layerbridge doctor`; the log says more.",
        detail=str(log_path),
    )

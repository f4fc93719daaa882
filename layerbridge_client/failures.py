"""What can go wrong on the way to the daemon and back: a code, a sentence, and what a bug report needs besides."""

from __future__ import annotations

from dataclasses import dataclass

# Codes of the client's own, beside the daemon's closed list (`wire.ERRORS`).
UNREACHABLE = "unreachable"  # nothing of Layerbridge answers
FOREIGN = "foreign"  # ours does not answer, but one of another user or another home does
NOT_RUNNING = (UNREACHABLE, FOREIGN)
LOST = "lost"  # it answered, then stopped, and did not come back


class BridgeError(Exception):
    """Something failed; str(failure) is the sentence for the user, ending with what to do."""

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail


class FrameError(BridgeError):
    """The bytes are not a frame; the sentence says what is wrong and where."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_frame", message)


@dataclass(frozen=True)
class ErrorInfo:
    """What an error code means: its HTTP status where it answers a call, and what the user can do."""

    status: int
    meaning: str
    remedy: str

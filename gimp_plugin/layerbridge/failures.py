"""What can go wrong, as the painter meets it: a code, a sentence, and what to do next."""

from __future__ import annotations

# Codes of the plug-in's own, beside the daemon's closed list (see wire.py).
UNREACHABLE = "unreachable"  # nothing of Layerbridge answers
FOREIGN = "foreign"  # ours does not answer, but one of another user or another home does
NOT_RUNNING = (UNREACHABLE, FOREIGN)
LOST = "lost"  # it answered, then stopped, and did not come back
REFUSED = "refused"  # the image or the settings do not allow it
GONE = "gone"  # the image was closed, or changed so that the result does not fit


class BridgeError(Exception):
    """Something failed; str(failure) is the sentence for the painter, ending with what to do."""

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail


class CancelError(Exception):
    """The painter said no. Nothing is to be reported."""

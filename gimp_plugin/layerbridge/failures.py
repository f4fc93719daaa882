"""What can go wrong, as the user meets it: what the client library knows, and what only an editor can meet."""

from __future__ import annotations

from layerbridge_client.failures import FOREIGN, LOST, NOT_RUNNING, UNREACHABLE, BridgeError

__all__ = ["FOREIGN", "GONE", "LOST", "NOT_RUNNING", "REFUSED", "UNREACHABLE", "BridgeError", "CancelError"]

# Codes of the plug-in's own, beside the client's and the daemon's.
REFUSED = "refused"  # the image or the settings do not allow it
GONE = "gone"  # the image was closed, or changed so that the result does not fit


class CancelError(Exception):
    """The user said no. Nothing is to be reported."""

"""Every failure of a task as one envelope; its type and place go to the log, never to the user."""

from __future__ import annotations

import errno

from ..errors import BridgeError, ErrorCode
from ..pipelines.memory import Device, is_out_of_memory, out_of_memory


def as_bridge_error(error: Exception, device: Device) -> BridgeError:
    """What to tell the user."""
    if isinstance(error, BridgeError):
        return error
    if is_out_of_memory(error):
        return out_of_memory(device, error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BridgeError(
            ErrorCode.DISK_FULL,
            "The disk has no room for the finished picture. Free some space, or delete old jobs in History.",
            str(error),
        )
    return BridgeError(
        ErrorCode.INTERNAL,
        "A fault in Layerbridge or the model stopped this picture. Try again with other settings; if it happens again, "
        "please report it with the log that `layerbridge doctor` names.",
        f"{type(error).__name__}: {error}"[:1000],
    )

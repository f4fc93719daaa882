"""Whether there is room for a request: its length against the limit, the disk against the reserve."""

from __future__ import annotations

from ..config import Limits
from ..errors import BridgeError, ErrorCode
from ..jobs.spool import Spool


def check_size(length: int | None, limits: Limits, spool: Spool) -> None:
    """Raises too_large or disk_full before the first byte is written."""
    if length is not None and length > limits.body_bytes:
        raise BridgeError(
            ErrorCode.TOO_LARGE,
            f"The request is {length / 2**20:.0f} MiB; {limits.body_bytes >> 20} MiB is the limit. "
            "Select a smaller area, or scale the image down.",
        )
    if spool.free() - (length or 0) < limits.free_disk_bytes:
        raise BridgeError(
            ErrorCode.DISK_FULL,
            f"The disk that holds {spool.root} has only {spool.free() >> 20} MiB left. "
            "Free some space, or delete old jobs in History.",
        )

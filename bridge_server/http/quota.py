"""Whether there is room for a request: its length against the limit, the disk against the reserve."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from ..config import Limits
from ..errors import BridgeError, ErrorCode
from ..jobs.spool import Spool


class Quota:
    """What uploads under way have yet to write counts as taken. Used from the event loop only."""

    def __init__(self, limits: Limits, spool: Spool) -> None:
        self._limits = limits
        self._spool = spool
        self._promised: dict[str, int] = {}  # by upload: bytes that it may still write

    @contextlib.contextmanager
    def kept_for(self, upload: str, length: int | None) -> Generator[None]:
        """Room for an upload of `length` bytes (None: not told yet) while it is under way.

        Raises too_large or disk_full before the first byte is written.
        """
        self.promise(upload, length)
        try:
            yield
        finally:
            self._promised.pop(upload, None)

    def promise(self, upload: str, length: int | None) -> None:
        """The upload, of which nothing is written yet, has `length` bytes. Raises too_large or disk_full."""
        self.check(length, besides=upload)
        self._promised[upload] = length or 0

    def wrote(self, upload: str, count: int) -> None:
        self._promised[upload] = max(0, self._promised.get(upload, 0) - count)

    def check(self, length: int | None, *, besides: str = "") -> None:
        """Whether `length` more bytes may be written. besides: an upload whose own promise does not count.

        Raises too_large or disk_full.
        """
        limits = self._limits
        if length is not None and length > limits.body_bytes:
            raise BridgeError(
                ErrorCode.TOO_LARGE,
                f"The request is {length / 2**20:.0f} MiB; {limits.body_bytes >> 20} MiB is the limit. "
                "Select a smaller area, or scale the image down.",
            )
        free = self._spool.free()
        promised = sum(count for upload, count in self._promised.items() if upload != besides)
        if free - promised - (length or 0) < limits.free_disk_bytes:
            others = f" and other uploads still need {promised >> 20} MiB" if promised >> 20 else ""
            raise BridgeError(
                ErrorCode.DISK_FULL,
                f"The disk that holds {self._spool.root} has only {free >> 20} MiB left{others}; Layerbridge leaves "
                f"{limits.free_disk_bytes >> 20} MiB of it free. Free some space, or delete old jobs in History.",
            )

"""The artifact store of jobs that are not kept: in this process's memory, so many bytes at most."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from ..errors import BridgeError, ErrorCode
from ..protocol.frame import Buffer
from .artifacts import Stat


class MemoryArtifacts:
    """An `ArtifactStore`. Used from the event loop only.

    limit: bytes of all together. ended: jobs whose artifacts may go where newer ones need the memory, in the order in
    which they go.
    """

    def __init__(self, limit: int, ended: Callable[[], Sequence[str]]) -> None:
        self._limit = limit
        self._ended = ended
        self._held: dict[str, bytes] = {}
        self._promised: dict[str, int] = {}

    @property
    def bytes(self) -> int:
        return sum(map(len, self._held.values())) + sum(self._promised.values())

    def promise(self, key: str, count: int) -> None:
        """Room for `count` bytes that are still to come. Raises too_large or queue_full; nothing is let go of then."""
        if count > self._limit:
            raise BridgeError(ErrorCode.TOO_LARGE, f"A live job may have {self._limit >> 20} MiB. Send a smaller area.")
        self._make_room(self.bytes + count - self._limit)
        self._promised[key] = count

    def _make_room(self, needed: int) -> None:
        """Raises queue_full where jobs that have ended do not hold so many bytes."""
        sizes = Counter[str]()
        for key, data in self._held.items():
            sizes[_job_of(key)] += len(data)
        ended = [job for job in self._ended() if job in sizes] if needed > 0 else []
        if needed > sum(sizes[job] for job in ended):
            raise BridgeError(
                ErrorCode.QUEUE_FULL,
                f"Live jobs hold the {self._limit >> 20} MiB that are kept for them. Wait for one to finish.",
            )
        for job in ended:
            if needed > 0:
                self.drop(job)
                needed -= sizes[job]

    def put(self, key: str, parts: Iterable[Buffer]) -> int:
        """Raises too_large or queue_full where there is no room, and holds what was there before."""
        data = b"".join(parts)
        if self._promised.get(key) != len(data):
            self._promised.pop(key, None)
            self.promise(key, len(data))
        self._promised.pop(key, None)
        self._held[key] = data
        return len(data)

    def open(self, key: str) -> BinaryIO:
        if key not in self._held:
            raise FileNotFoundError(key)
        return io.BytesIO(self._held[key])

    def stat(self, key: str) -> Stat | None:
        return Stat(len(self._held[key])) if key in self._held else None

    def path(self, key: str) -> Path | None:
        return None

    def take(self, key: str) -> bytes | None:
        """What is held, which is let go; None where nothing is."""
        return self._held.pop(key, None)

    def drop(self, job: str) -> None:
        """Let go of all that is a job's, or promised to it."""
        for held in (self._held, self._promised):
            for key in [key for key in held if _job_of(key) == job]:
                del held[key]


def _job_of(key: str) -> str:
    return key.partition("/")[0]

"""Which uploads are under way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator

from ..errors import BridgeError, ErrorCode
from ..jobs.superseding import MESSAGE
from .ids import Keys


class Uploads:
    """Uploads under way. One with the Idempotency-Key of an unfinished older one replaces it; one that became a job has
    overtaken those with its Supersedes-Key that began before it and come to their end after it.
    """

    def __init__(self) -> None:
        self._current: dict[tuple[str, str], str] = {}  # by client and Idempotency-Key
        self._begun: dict[str, tuple[str, str]] = {}  # client and Supersedes-Key, in the order in which they began
        self._overtaken: set[str] = set()
        self.lock = asyncio.Lock()

    @contextlib.contextmanager
    def under_way(self, client: str, keys: Keys, upload: str) -> Generator[None]:
        own = (client, keys.idempotency)
        self._current[own] = upload
        self._begun[upload] = (client, keys.supersedes)
        try:
            yield
        finally:
            if self._current.get(own) == upload:
                del self._current[own]
            del self._begun[upload]
            self._overtaken.discard(upload)

    def check_current(self, client: str, keys: Keys, upload: str) -> None:
        """Raises idempotency_conflict where a newer upload has taken this one's place."""
        if keys.idempotency and self._current.get((client, keys.idempotency)) != upload:
            raise BridgeError(
                ErrorCode.IDEMPOTENCY_CONFLICT, "A newer upload with the same Idempotency-Key has replaced this one."
            )

    def check_newest(self, upload: str) -> None:
        """Raises superseded where one that began later with the same Supersedes-Key is a job already."""
        if upload in self._overtaken:
            raise BridgeError(ErrorCode.SUPERSEDED, MESSAGE)

    def overtake(self, upload: str) -> None:
        """The upload has become a job."""
        stream = self._begun[upload]
        for older, other in self._begun.items():
            if older == upload:
                return
            if other == stream and stream[1]:
                self._overtaken.add(older)

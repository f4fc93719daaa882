"""Which uploads are under way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator

from ..errors import BridgeError, ErrorCode


class Uploads:
    """Uploads under way, by client and Idempotency-Key: a newer one replaces an unfinished older one."""

    def __init__(self) -> None:
        self._current: dict[tuple[str, str], str] = {}
        self.lock = asyncio.Lock()

    @contextlib.contextmanager
    def under_way(self, client: str, key: str, upload: str) -> Generator[None]:
        self._current[(client, key)] = upload
        try:
            yield
        finally:
            if self._current.get((client, key)) == upload:
                del self._current[(client, key)]

    def check_current(self, client: str, key: str, upload: str) -> None:
        """Raises idempotency_conflict where a newer upload has taken this one's place."""
        if key and self._current.get((client, key)) != upload:
            raise BridgeError(
                ErrorCode.IDEMPOTENCY_CONFLICT, "A newer upload with the same Idempotency-Key has replaced this one."
            )

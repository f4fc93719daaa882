"""The open WebSockets of a daemon."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator

from aiohttp import web

UNAUTHORIZED_CLOSE = 4401


class Connections:
    """The open sockets, by client: a revoked client's are closed, and all of them when the daemon stops."""

    def __init__(self) -> None:
        self._open: dict[web.WebSocketResponse, str] = {}

    @contextlib.contextmanager
    def holding(self, socket: web.WebSocketResponse, client: str) -> Generator[None]:
        self._open[socket] = client
        try:
            yield
        finally:
            del self._open[socket]

    async def close(self, client: str | None, code: int, reason: bytes) -> None:
        """Close the sockets of a client, or of all (None)."""
        chosen = [socket for socket, owner in self._open.items() if client in (None, owner)]
        await asyncio.gather(*(socket.close(code=code, message=reason) for socket in chosen))

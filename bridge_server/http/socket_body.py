"""The bytes of an upload that come in messages of a WebSocket, read as a stream."""

from __future__ import annotations

import asyncio
from collections import deque

HELD_BYTES = 4 * 2**20  # unread bytes above which the socket is not read on, so that memory stays bounded


class SocketBody:
    """Filled by the socket's reader, read by the upload; an asyncio.IncompleteReadError tells of an early end."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._parts: deque[bytes] = deque()
        self._held = 0
        self._ended = False
        self._abandoned = False
        self._changed = asyncio.Condition()

    async def feed(self, data: bytes) -> None:
        """Waits while much is unread; what nobody wants any more is dropped."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._held < HELD_BYTES or self._abandoned)
            if data and not self._abandoned:
                self._parts.append(data)
                self._held += len(data)
                self._changed.notify_all()

    async def end(self) -> None:
        """Nothing more comes."""
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def abandon(self) -> None:
        """Nothing more is read."""
        async with self._changed:
            self._abandoned = True
            self._parts.clear()
            self._changed.notify_all()

    async def readany(self) -> bytes:
        """What has come, at least one byte; empty at the end."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._parts or self._ended)
            data = b"".join(self._parts)
            self._parts.clear()
            self._held = 0
            self._changed.notify_all()
            return data

    async def readexactly(self, count: int) -> bytes:
        """Raises asyncio.IncompleteReadError where the body ends before."""
        data = b""
        while len(data) < count:
            more = await self.readany()
            if not more:
                raise asyncio.IncompleteReadError(data, count)
            data += more
        if len(data) > count:
            async with self._changed:
                self._parts.appendleft(data[count:])
                self._held += len(data) - count
        return data[:count]

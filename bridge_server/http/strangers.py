"""Connections that have shown no token: few may be open for long, so that whoever opens hundreds cannot shut the owner
out, while a client that opens hundreds and says at once who it is keeps them all."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from aiohttp import web

STRANGERS = 64  # that have had their time; macOS allows a process 256 open files
HURRY_SECONDS = 2.0  # a client's first request takes milliseconds, and hundreds at once a second
MOST = 512  # however new they are; no more than a third of the files that the process may open
QUIET_SECONDS = 30.0  # in which a connection must have sent a whole request header; then it is closed
HANDSHAKE_SECONDS = 10.0  # of TLS
BODY_SECONDS = 30.0  # in which a JSON body must have come; frames have their own patience (upload.py)


class Strangers:
    """Which connections have shown a token. Used from the event loop only."""

    def __init__(
        self, limit: int = STRANGERS, hurry: float = HURRY_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """limit: strangers that may stay longer than `hurry`, in seconds."""
        self._limit = limit
        self._hurry = hurry
        self._clock = clock
        self._known: set[web.RequestHandler] = set()
        self._since: dict[web.RequestHandler, float] = {}

    def know(self, connection: web.RequestHandler) -> None:
        """It has shown a token: it stays as long as it likes."""
        self._known.add(connection)

    def make_room(self, connections: Sequence[web.RequestHandler]) -> None:
        """Before one more comes: of all that are open, oldest first, break off the oldest strangers that are too many.

        Those of the address that has the most: a neighbour's flood does not reach the owner's own connections.
        """
        now = self._clock()
        self._known.intersection_update(connections)
        self._since = {each: self._since.get(each, now) for each in connections if each not in self._known}
        strangers = list(self._since)
        _thin_out([each for each in strangers if now - self._since[each] >= self._hurry], self._limit)
        _thin_out(strangers, max(self._limit, _most()))


def _thin_out(strangers: list[web.RequestHandler], limit: int) -> None:
    """Break off the oldest, of the address with the most, until fewer than `limit` are left."""
    while len(strangers) >= limit:
        crowd = Counter(_address(each) for each in strangers).most_common(1)[0][0]
        oldest = next(each for each in strangers if _address(each) == crowd)
        strangers.remove(oldest)
        if oldest.transport is not None:
            oldest.transport.abort()


def _most() -> int:
    if sys.platform == "win32":
        return MOST
    import resource

    return min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 3)


def _address(connection: web.RequestHandler) -> str:
    peer = connection.peername
    return peer[0] if isinstance(peer, tuple) else ""

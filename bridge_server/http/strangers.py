"""Connections that have shown no token: few may be open, so that whoever opens hundreds cannot shut the owner out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aiohttp import web

STRANGERS = 64  # a client's first request takes milliseconds; macOS allows a process 256 open files
QUIET_SECONDS = 30.0  # in which a connection must have sent a whole request header; then it is closed
HANDSHAKE_SECONDS = 10.0  # of TLS
BODY_SECONDS = 30.0  # in which a JSON body must have come; frames have their own patience (upload.py)


class Strangers:
    """Which connections have shown a token. Used from the event loop only."""

    def __init__(self, room: int = STRANGERS) -> None:
        self._room = room
        self._known: set[web.RequestHandler] = set()

    def know(self, connection: web.RequestHandler) -> None:
        """It has shown a token: it stays as long as it likes."""
        self._known.add(connection)

    def make_room(self, connections: Sequence[web.RequestHandler]) -> None:
        """Before one more comes: of all that are open, oldest first, break off the oldest strangers that are too many.

        Those of the address that has the most: a neighbour's flood does not reach the owner's own connections.
        """
        self._known.intersection_update(connections)
        strangers = [each for each in connections if each not in self._known]
        while len(strangers) >= self._room:
            crowd = Counter(_address(each) for each in strangers).most_common(1)[0][0]
            oldest = next(each for each in strangers if _address(each) == crowd)
            strangers.remove(oldest)
            if oldest.transport is not None:
                oldest.transport.abort()


def _address(connection: web.RequestHandler) -> str:
    peer = connection.peername
    return peer[0] if isinstance(peer, tuple) else ""

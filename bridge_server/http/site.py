"""aiohttp on the daemon's listening sockets, with TLS where there is a certificate."""

from __future__ import annotations

import asyncio
import socket
import ssl

from aiohttp import web

from .listen import ACCEPTED_AT_ONCE, BACKLOG
from .strangers import HANDSHAKE_SECONDS, QUIET_SECONDS, Strangers

SHUTDOWN_SECONDS = 2.0  # a long-poll is woken and answers at once; who does not read is cut off


class Site(web.SockSite):
    """A listening socket; before a connection comes, `strangers` makes room for it."""

    def __init__(
        self, runner: web.AppRunner, bound: socket.socket, strangers: Strangers, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(runner, bound, ssl_context=tls, backlog=ACCEPTED_AT_ONCE)
        self._strangers = strangers

    async def start(self) -> None:
        await web.BaseSite.start(self)
        server = self._runner.server
        assert server is not None

        def connection() -> asyncio.Protocol:
            self._strangers.make_room(server.connections)
            return server()

        self._server = await asyncio.get_running_loop().create_server(
            connection,
            sock=self._sock,
            ssl=self._ssl_context,
            ssl_handshake_timeout=None if self._ssl_context is None else HANDSHAKE_SECONDS,
            backlog=self._backlog,  # asyncio takes as many at a time, each with a file handle, before `connection` runs
        )
        self._sock.listen(BACKLOG)


def make_runner(app: web.Application) -> web.AppRunner:
    """aiohttp's `keepalive_timeout` also ends a connection that sends nothing, or half a header, from its beginning."""
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=QUIET_SECONDS,
        auto_decompress=False,
    )

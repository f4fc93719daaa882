"""Which Host and Origin headers are let in: the defence against web pages and DNS rebinding."""

from __future__ import annotations

import re
from collections.abc import Collection

from aiohttp import web

from ..errors import BridgeError, ErrorCode
from .tls import is_loopback

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]{0,30}://[A-Za-z0-9._:\[\]-]{0,100}")


def own_names(request: web.BaseRequest, allowed: Collection[str]) -> frozenset[str]:
    """What this connection may call the daemon: names that were allowed; from this machine those of loopback; from
    another one the number of the address that it reached, which no page can rebind.
    """
    peer, reached = _address(request, "peername"), _address(request, "sockname")
    if is_loopback(peer) and is_loopback(reached):
        return LOOPBACK_NAMES | frozenset(allowed)
    number = f"[{reached}]" if ":" in reached else reached
    return frozenset(allowed if not number or is_loopback(reached) else (*allowed, number))


def _address(request: web.BaseRequest, which: str) -> str:
    name: tuple[str, int] | None = request.get_extra_info(which)
    return name[0].lower() if name else ""


def split_host(host: str) -> tuple[str, str]:
    """Name and port of a Host header; the port is empty where there is none."""
    if host.startswith("["):
        name, _, rest = host.partition("]")
        return name + "]", rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port


def check_host(host: str | None, port: int, names: Collection[str]) -> None:
    """Raises forbidden_host unless the header is one of `names`, and the port the one that the daemon listens on.

    A page that rebinds its name to 127.0.0.1 still sends its own name here.
    """
    name, given = split_host((host or "").lower())
    if name not in names or given not in ("", str(port)):
        raise BridgeError(
            ErrorCode.FORBIDDEN_HOST,
            f"The address {host or '(none)'} is not one of this daemon's. On its own machine use localhost:{port}, "
            "from another one its number, or start it with `layerbridge serve --allow-host NAME`.",
        )


def check_origin(
    origin: str | None, port: int, names: Collection[str], *, has_valid_token: bool, scheme: str = "http"
) -> None:
    """Raises forbidden_origin for web pages.

    Absent: not a browser. `file://`: Photoshop's UXP. The daemon's own address, at which it has no page so far. `null`:
    only with a valid token, which a page cannot send without a preflight, and preflights are refused.
    """
    if origin is None or origin == "file://" or (origin == "null" and has_valid_token):
        return
    given_scheme, _, host = origin.partition("://")
    name, given = split_host(host.lower())
    if given_scheme == scheme and name in names and given == str(port):
        return
    raise BridgeError(
        ErrorCode.FORBIDDEN_ORIGIN,
        f"A web page ({origin}) asked; Layerbridge answers only plug-ins and the command line.",
    )


def loggable(origin: str) -> str:
    """An Origin header for the log: what it says, if it has the form of one."""
    return origin if ORIGIN.fullmatch(origin) else f"(no origin: {len(origin)} characters)"

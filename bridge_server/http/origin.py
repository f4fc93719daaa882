"""Which Host and Origin headers are let in: the defence against web pages and DNS rebinding."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import BridgeError, ErrorCode

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def split_host(host: str) -> tuple[str, str]:
    """Name and port of a Host header; the port is empty where there is none."""
    if host.startswith("["):
        name, _, rest = host.partition("]")
        return name + "]", rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port


def check_host(host: str | None, port: int, allowed: Collection[str]) -> None:
    """Raises forbidden_host unless the header names this machine as its own, and the port the daemon listens on.

    A page that rebinds its name to 127.0.0.1 still sends its own name here.
    """
    name, given = split_host((host or "").lower())
    if (name not in LOOPBACK_NAMES and name not in allowed) or given not in ("", str(port)):
        raise BridgeError(
            ErrorCode.FORBIDDEN_HOST,
            f"The address {host or '(none)'} is not one of this daemon's. Use http://localhost:{port}, "
            "or start it with `layerbridge serve --allow-host NAME`.",
        )


def check_origin(origin: str | None, port: int, allowed: Collection[str], *, has_valid_token: bool) -> None:
    """Raises forbidden_origin for web pages.

    Absent: not a browser. `file://`: Photoshop's UXP. The daemon's own page. `null`: only with a valid token, which a
    page cannot send without a preflight, and preflights are refused.
    """
    if origin is None or origin == "file://" or (origin == "null" and has_valid_token):
        return
    scheme, _, host = origin.partition("://")
    name, given = split_host(host.lower())
    own = name in LOOPBACK_NAMES or name in allowed
    if scheme == "http" and own and given == str(port):
        return
    raise BridgeError(
        ErrorCode.FORBIDDEN_ORIGIN,
        f"A web page ({origin}) asked; Layerbridge answers only plug-ins, the command line and its own page.",
    )

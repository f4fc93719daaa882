"""Sockets to listen on: the same port on every address, found before anything is started."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Sequence

from ..errors import BridgeError, ErrorCode
from ..protocol.limits import PORTS

BACKLOG = 128  # connections that the operating system keeps waiting
ACCEPTED_AT_ONCE = 16  # connections that are taken before room is made for the first of them
NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}  # a machine without IPv6


def open_sockets(hosts: Sequence[str], port: int | None) -> tuple[int, list[socket.socket]]:
    """Bind `port` (None: the default and its fallbacks, 0: any free one) on all hosts that exist here.

    Raises BridgeError(internal) with the reason and what to do where none can be had.
    """
    candidates = PORTS if port is None else (port,)
    reasons: list[OSError] = []
    for candidate in candidates:
        try:
            return _bind_all(hosts, candidate)
        except OSError as error:
            reasons.append(error)
    first = next((error for error in reasons if error.errno != errno.EADDRINUSE), reasons[0])
    raise BridgeError(ErrorCode.INTERNAL, explain(first, hosts, candidates))


def explain(error: OSError, hosts: Sequence[str], ports: Sequence[int]) -> str:
    """Why none of the ports could be had on these addresses, and what to do."""
    where, tried = ", ".join(hosts), ", ".join(str(port) for port in ports)
    if isinstance(error, socket.gaierror):
        return f"No address is known for {where}. Correct the name after --host, or give a number such as 192.168.1.5."
    if error.errno == errno.EADDRINUSE:
        return f"Port {tried} is taken by another program. Stop it, or choose another: `layerbridge serve --port N`."
    if error.errno in (errno.EACCES, errno.EPERM):
        low = "Ports below 1024 are for the system. " if ports[0] < 1024 else ""
        return f"This user may not listen on port {tried}. {low}Choose another: `layerbridge serve --port N`."
    if error.errno in NOT_HERE:
        return f"This machine has no address {where}. Name one of its own with --host, or leave --host out."
    reason = error.strerror or error
    return f"Layerbridge cannot listen on port {tried} of {where}: {reason}. Choose others with --port and --host."


def _bind_all(hosts: Sequence[str], port: int) -> tuple[int, list[socket.socket]]:
    opened: list[socket.socket] = []
    try:
        for host in hosts:
            bound = _bind(host, port)
            if bound is not None:
                opened.append(bound)
                port = port or int(bound.getsockname()[1])
        if not opened:
            raise OSError(errno.EADDRNOTAVAIL, "none of the addresses exists on this machine")
    except OSError:
        for bound in opened:
            bound.close()
        raise
    return port, opened


def _bind(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno in NOT_HERE:
            return None
        raise
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":  # there SO_REUSEADDR would let another program listen beside us
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        if error.errno in NOT_HERE:
            return None
        raise
    return bound

"""Asking an address who is there, without a secret."""

from __future__ import annotations

from typing import Any

from .transport import NoAnswerError, Transport, read_object

NAME = "layerbridge"
HELLO_SECONDS = 2.0  # a daemon answers it at once; another program on its port may never answer
CONNECT_SECONDS = 0.3  # this machine lets in at once; Windows goes on asking a closed port for two seconds
HELLO_BYTES = 64 * 2**10  # it is a few hundred


def greet(
    transport: Transport, seconds: float = HELLO_SECONDS, connect_seconds: float = CONNECT_SECONDS
) -> dict[str, Any] | None:
    """What answers there says of itself, if it is a Layerbridge; None otherwise. Sends no token."""
    asking = Transport(transport.address, certificate=transport.certificate)
    try:
        answer = asking.exchange("GET", "/v1/hello", seconds=seconds, connect_seconds=connect_seconds, most=HELLO_BYTES)
    except NoAnswerError:
        return None
    hello = read_object(answer.content)
    return hello if hello is not None and hello.get("name") == NAME else None

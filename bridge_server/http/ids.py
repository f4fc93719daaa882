"""The keys of requests that may come twice."""

from __future__ import annotations

from ..errors import BridgeError, ErrorCode

MAX_KEY = 200  # characters of an Idempotency-Key


def checked_key(key: str) -> str:
    """An Idempotency-Key, or "". Raises invalid_request."""
    if len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"Idempotency-Key must be at most {MAX_KEY} ASCII letters.")
    return key

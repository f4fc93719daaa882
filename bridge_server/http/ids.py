"""Identifiers of jobs, safe as folder names and not to be guessed, and the keys of requests that may come twice."""

from __future__ import annotations

import secrets
import time

from ..errors import BridgeError, ErrorCode

MAX_KEY = 200  # characters of an Idempotency-Key


def new_job_id() -> str:
    """Sorts by time; 64 random bits. Lower-case letters, digits and a hyphen: a name on every file system."""
    return f"{int(time.time()):010x}-{secrets.token_hex(8)}"


def checked_key(key: str) -> str:
    """An Idempotency-Key, or "". Raises invalid_request."""
    if len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"Idempotency-Key must be at most {MAX_KEY} ASCII letters.")
    return key

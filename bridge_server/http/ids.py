"""Identifiers that are safe as folder names and cannot be guessed."""

from __future__ import annotations

import secrets
import time


def new_job_id() -> str:
    """Sorts by time; 64 random bits. Lower-case letters, digits and a hyphen: a name on every file system."""
    return f"{int(time.time()):010x}-{secrets.token_hex(8)}"

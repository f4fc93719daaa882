"""Names of jobs: safe as folder names, not to be guessed, and told apart from whatever else lies in a folder."""

from __future__ import annotations

import re
import secrets
import time

JOB_NAME = re.compile(r"[0-9a-f]{10}-[0-9a-f]{16}")
LIVE = "live-"  # the beginning of the name of a job that is kept in memory alone
DELETED = ".deleted"  # the ending of a folder whose job is forgotten and whose files go


def new_job_id() -> str:
    """Sorts by time; 64 random bits. Lower-case letters, digits and a hyphen: a name on every file system."""
    return f"{int(time.time()):010x}-{secrets.token_hex(8)}"


def live_name(name: str) -> str:
    """Of a job that is kept in memory alone: never that of a folder."""
    return LIVE + name


def is_live_name(name: str) -> bool:
    return name.startswith(LIVE)


def is_job_name(name: str) -> bool:
    return JOB_NAME.fullmatch(name) is not None


def is_deleted_name(name: str) -> bool:
    """Of a folder that a deletion has left behind."""
    return name.endswith(DELETED) and is_job_name(name.removesuffix(DELETED))

"""Which finished jobs go, and when. Pure."""

from __future__ import annotations

from collections.abc import Collection

from ..config import Limits
from .record import Job
from .superseding import is_superseded


def expires(job: Job, limits: Limits) -> float:
    """When a finished job goes, in seconds since the epoch."""
    if job.is_live:
        return job.updated + limits.live_age_seconds
    return job.updated + (limits.superseded_age_seconds if is_superseded(job) else limits.result_age_seconds)


def expired(jobs: Collection[Job], limits: Limits, now: float) -> list[Job]:
    """Those that are too old, and those that go first beyond the total size and number that are kept. None is live:
    live ones take no place of these.
    """
    kept = [job for job in jobs if not job.is_live]
    total, count = sum(job.bytes for job in kept), len(kept)
    found: list[Job] = []
    for job in sorted(finished(kept), key=lambda job: expires(job, limits)):
        if expires(job, limits) > now and total <= limits.spool_bytes and count <= limits.kept_jobs:
            break
        total, count = total - job.bytes, count - 1
        found.append(job)
    return found


def expired_live(jobs: Collection[Job], limits: Limits, now: float) -> list[Job]:
    return [job for job in finished(jobs) if job.is_live and expires(job, limits) <= now]


def finished(jobs: Collection[Job]) -> list[Job]:
    return [job for job in jobs if job.is_finished]

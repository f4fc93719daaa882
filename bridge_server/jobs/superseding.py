"""The latest wins: a job that is sent with a Supersedes-Key takes the place of its client's unfinished ones with that
key. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import ErrorCode
from ..protocol.messages import ErrorBody
from .record import Job

MESSAGE = "A newer request took this one's place before it was finished."


def superseded(by: str) -> ErrorBody:
    """What a job says that had to give way. by: the id of the newer one."""
    return ErrorBody(code=ErrorCode.SUPERSEDED, message=MESSAGE, detail=f"by {by}")


def is_superseded(job: Job) -> bool:
    """Whether it gave way, and nothing of it is left to fetch."""
    return job.error is not None and job.error.code is ErrorCode.SUPERSEDED and not job.artifacts


def gives_way(job: Job, client: str, key: str) -> bool:
    """Whether a new job of this client with this Supersedes-Key ("": none) takes the place of `job`."""
    return bool(key) and not job.is_finished and (job.client, job.supersedes) == (client, key)


def overtaken(jobs: Iterable[Job]) -> list[tuple[Job, Job]]:
    """Those of `jobs`, in the order in which they came, whose place a later one takes, each with that one."""
    unfinished = [job for job in jobs if job.supersedes and not job.is_finished]
    newest = {(job.client, job.supersedes): job for job in unfinished}
    return [(job, last) for job in unfinished if (last := newest[job.client, job.supersedes]) is not job]

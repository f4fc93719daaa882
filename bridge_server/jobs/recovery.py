"""What becomes, at a start, of the jobs that the last daemon left."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..errors import ERRORS, ErrorCode
from ..protocol.messages import ErrorBody, JobState
from .record import Job
from .spool import Spool
from .states import ACTIVE
from .stored import OTHER_VERSION

if TYPE_CHECKING:
    from .queue import JobQueue

log = logging.getLogger(__name__)


def interrupted() -> ErrorBody:
    """What a job says that was running when the daemon stopped."""
    return ErrorBody(
        code=ErrorCode.INTERRUPTED,
        message=f"Layerbridge stopped while this was running. {ERRORS[ErrorCode.INTERRUPTED].remedy}",
    )


async def unless_disk_is_full(record: Callable[[], Awaitable[None]]) -> None:
    """Where the disk is full, what was found is not recorded, and the next start finds it again."""
    try:
        await record()
    except (OSError, sqlite3.Error) as error:
        log.error("what was found at the start cannot be recorded: %s", error)


async def recover(queue: JobQueue, job: Job, *, was_mended: bool) -> None:
    """End what ran, keep what was complete on disk, leave what can still be painted in the queue."""
    if job.other_version:
        await asyncio.to_thread(_read_again, queue.spool, job)
    if job.state in ACTIVE or was_mended:
        await _adopt_results(queue, job)
    if job.state in ACTIVE:
        job.error = interrupted()
        await queue.finish(job)
    elif job.state is JobState.QUEUED and job.other_version:
        await queue.fail(job, ErrorBody(code=ErrorCode.INCOMPATIBLE_VERSION, message=OTHER_VERSION))
    elif job.state is JobState.QUEUED and not queue.spool.request(job.id).exists():
        await queue.fail(job, interrupted())


def _read_again(spool: Spool, job: Job) -> None:
    """A row that was destroyed in part is read from the note beside the request."""
    with contextlib.suppress(OSError):
        found = spool.find_job(job.id)
        if found is not None and found.has_note and not found.job.other_version:
            job.request, job.model, job.stored = found.job.request, found.job.model, found.job.stored
            job.other_version = False


async def _adopt_results(queue: JobQueue, job: Job) -> None:
    for index in sorted(set(range(job.num_images)) - job.variations):
        found = await asyncio.to_thread(queue.spool.read_variation, job.id, index)
        if found:
            await queue.add_artifacts(job, found)

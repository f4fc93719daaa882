"""Where jobs are kept: durable ones in the journal and the spool, ephemeral ones in memory alone.

The queue does the same with both; what differs is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from ..errors import ErrorCode
from ..protocol.messages import ErrorBody
from ..protocol.tasks import Task
from .artifacts import THUMBNAIL, UNFINISHED, ArtifactStore, SpoolArtifacts, artifact_key, request_key
from .journal import JournalThread
from .memory import MemoryArtifacts
from .names import is_live_name
from .notes import note_of
from .record import Job
from .removal import Removal
from .spool import Spool

GONE = "This job is not there: it was deleted, or it has expired."
GONE_LIVE = (
    "This live job is not there. Live jobs are in memory only: they are gone a minute after their end, and when "
    "Layerbridge stops."
)
LOST = "Layerbridge stopped, and live jobs are not kept. Start it, then send this again."


def lost() -> ErrorBody:
    """What a live job says that has not ended when the daemon stops."""
    return ErrorBody(code=ErrorCode.INTERRUPTED, message=LOST)


class Keeper(Protocol):
    """Keeps what is told of jobs, and their files. Used from the event loop only."""

    @property
    def artifacts(self) -> ArtifactStore: ...

    async def add(self, job: Job) -> None:
        """Before a client hears of the job: what belongs beside its request."""
        ...

    async def add_row(self, job: Job) -> None: ...

    async def update(self, job: Job) -> None:
        """Before a client hears of the change."""
        ...

    async def size(self, job: Job) -> int:
        """Bytes on the disk."""
        ...

    async def drop_unfinished(self, job: Job) -> None:
        """What a worker that was ended left of variations without a result."""
        ...

    async def forget(self, job: Job, secure_event: Callable[[], None]) -> None:
        """secure_event: makes sure that the deletion can be told."""
        ...

    async def remove_files(self, job: Job) -> None: ...

    def ended(self, job: Job) -> None:
        """No task of the job runs any more."""
        ...


class Durable:
    """In the journal and the spool; raises OSError and sqlite3.Error."""

    def __init__(self, journal: JournalThread, spool: Spool) -> None:
        self._journal, self._spool = journal, spool
        self.artifacts = SpoolArtifacts(spool.root)
        self.removal = Removal(journal, spool)

    async def add(self, job: Job) -> None:
        """The request, the note beside it and, after `add_row`, the row are on the disk."""
        name = await self._journal.call(lambda journal: journal.client_name(job.client))
        await asyncio.to_thread(self._spool.write_note, job.id, note_of(job, name))

    async def add_row(self, job: Job) -> None:
        await self._journal.call(lambda journal: journal.add_job(job))

    async def update(self, job: Job) -> None:
        await self._journal.call(lambda journal: journal.update_job(job))

    async def size(self, job: Job) -> int:
        return await asyncio.to_thread(self._spool.size, job.id)

    async def drop_unfinished(self, job: Job) -> None:
        await asyncio.to_thread(self._spool.remove_unfinished, job.id)

    async def forget(self, job: Job, secure_event: Callable[[], None]) -> None:
        await self.removal.forget(job.id, secure_event)

    async def remove_files(self, job: Job) -> None:
        await self.removal.remove_files(job.id)

    def ended(self, job: Job) -> None:
        """The request stays, so that the job can be run again."""


class Ephemeral:
    """In memory; nothing is written down."""

    def __init__(self, artifacts: MemoryArtifacts) -> None:
        self.artifacts = artifacts

    async def add(self, job: Job) -> None:
        """Nothing belongs beside its request."""

    async def add_row(self, job: Job) -> None:
        """It has none."""

    async def update(self, job: Job) -> None:
        """It has no row."""

    async def size(self, job: Job) -> int:
        return 0

    async def drop_unfinished(self, job: Job) -> None:
        """A variation is put whole or not at all."""

    async def forget(self, job: Job, secure_event: Callable[[], None]) -> None:
        secure_event()

    async def remove_files(self, job: Job) -> None:
        self.artifacts.drop(job.id)

    def ended(self, job: Job) -> None:
        self.artifacts.take(request_key(job.id))


def task_of(job: Job, index: int) -> Task:
    """The task of a variation, with the keys of what it reads and makes."""
    durable = not is_live_name(job.id)
    return Task(
        id=f"{job.id}/{index}",
        job=job.id,
        index=index,
        seed=job.seed + index,
        model=job.model,
        request=request_key(job.id),
        artifacts={role: artifact_key(job.id, role, index) for role in job.request.spec.outputs},
        unfinished=artifact_key(job.id, UNFINISHED, index),
        thumbnail=artifact_key(job.id, THUMBNAIL, index) if durable else None,
        durable=durable,
    )

"""The queue: accepts jobs, hands out their tasks in turn, records what becomes of them, tells who waits.

Used from the event loop only. Every change is in the journal before it is an event, and so before a client hears of it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from ..config import Limits
from ..errors import BridgeError, ErrorCode
from ..protocol.messages import ArtifactInfo, ErrorBody, JobSnapshot, JobState, Progress, WarningBody
from ..protocol.tasks import Task
from .events import EventLog
from .expiry import expired, expired_live, expires, finished
from .journal import JournalThread
from .keeping import GONE, GONE_LIVE, Durable, Ephemeral, Keeper, lost, task_of
from .lanes import Lane, Turns, Waiting, paint_lane, positions
from .memory import MemoryArtifacts
from .names import is_live_name
from .record import Job
from .recovery import recover, unless_disk_is_full
from .room import check_room
from .spool import Spool
from .states import check_transition
from .superseding import gives_way, overtaken, superseded

log = logging.getLogger(__name__)

DurableEvent = Literal["state", "artifact", "warning"]


class JobQueue:
    """All jobs of all clients, in memory and in the journal; their files are in the spool."""

    def __init__(
        self,
        journal: JournalThread,
        spool: Spool,
        events: EventLog,
        limits: Limits,
        lane_of: Callable[[str], Lane] = paint_lane,
    ) -> None:
        """lane_of: of an operation, by its name."""
        self.events = events
        self.spool = spool
        self.durable = Durable(journal, spool)
        self.live = Ephemeral(MemoryArtifacts(limits.live_bytes, self._ended_live))
        self._journal = journal
        self._limits = limits
        self._jobs: dict[str, Job] = {}
        self._unfinished: dict[str, Job] = {}  # of _jobs, in the same order
        self._keys: dict[tuple[str, str], str] = {}
        self._lane_of = lane_of
        self._turns = Turns()
        self.work = asyncio.Event()  # set whenever a task may have become startable

    async def restore(self) -> None:
        """After a start: queued jobs run again, running ones are failed (interrupted), jobs that only the spool knows
        are listed again.

        A result that was complete on disk when the daemon ended is kept, and finishes its job if it was the last.
        Where the disk is full what is found here is not recorded; the next start finds it again.
        """
        opened = self._journal.opened
        jobs = await self._journal.call(lambda journal: journal.jobs())
        deleted = await asyncio.to_thread(self.spool.deleted)
        await self.durable.removal.finish(job.id for job in jobs if job.id in deleted)
        for job in jobs:
            if job.id not in deleted:
                self._remember(job)
        found = await asyncio.to_thread(
            self.spool.sweep, list(self._jobs), marks=self.durable.removal.rows, journal_is_new=opened.is_new
        )
        for one in found:
            await unless_disk_is_full(lambda one=one: self._journal.call(lambda journal: journal.add_found(one)))
            self._remember(one.job)
        if found:
            log.warning("%d job(s) that the journal did not know were found in %s", len(found), self.spool.root)
        for job, newer in overtaken(self._jobs.values()):
            job.superseded_by = newer.id
        for job in list(self._jobs.values()):
            await unless_disk_is_full(lambda job=job: recover(self, job, was_mended=opened.is_mended))
        for job in [job for job in self._unfinished.values() if job.superseded_by]:
            await unless_disk_is_full(lambda job=job: self.cancel_waiting(job))
            if not job.is_finished:
                job.superseded_by = ""  # it waits on, and gives way to the next one
        await unless_disk_is_full(self.expire)
        self.work.set()

    def _remember(self, job: Job) -> None:
        self._jobs[job.id] = job
        if not job.is_finished:
            self._unfinished[job.id] = job
        if job.key:
            self._keys[(job.client, job.key)] = job.id

    def find(self, client: str, job_id: str) -> Job:
        """The client's own job. Raises not_found for any other."""
        job = self._jobs.get(job_id)
        if job is None or not job.is_of(client):
            raise BridgeError(ErrorCode.NOT_FOUND, GONE_LIVE if is_live_name(job_id) else GONE)
        return job

    def keeper(self, job: Job) -> Keeper:
        return self.live if job.is_live else self.durable

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def with_key(self, client: str, key: str) -> Job | None:
        return self._jobs.get(self._keys.get((client, key), ""))

    def check_room(self, client: str, supersedes: str = "") -> None:
        """Raises queue_full where one more job of this client would be too many (room.py)."""
        check_room(self._unfinished.values(), self._limits.queued_jobs, client, supersedes)

    def giving_way_to(self, job: Job) -> list[Job]:
        """The jobs whose place it takes, but for those that give way to another already."""
        known = [other for other in self._unfinished.values() if other is not job and not other.superseded_by]
        return [other for other in known if gives_way(other, job.client, job.supersedes)]

    async def add(self, job: Job) -> None:
        """Accept a job whose request is complete in its store. Raises queue_full.

        When this returns the request, the note beside it and the row of a durable one are on the disk.
        """
        self.check_room(job.client, job.supersedes)
        keeper = self.keeper(job)
        await keeper.add(job)
        job.bytes = await keeper.size(job)
        async with job.lock:
            job.updated = time.time()
            self.events.secure_number()
            await keeper.add_row(job)
            self._remember(job)
            job.seq = self.events.add(job.client, job.id, "state", {"state": str(job.state)}).seq
        self.work.set()

    def listing(self, client: str) -> list[Job]:
        """The client's jobs that are kept, newest first."""
        mine = [job for job in self._jobs.values() if job.is_of(client) and not job.is_live]
        return sorted(mine, key=lambda job: (job.created, job.id), reverse=True)

    def counts(self) -> dict[str, int]:
        return {str(state): sum(job.state is state for job in self._jobs.values()) for state in JobState}

    def spool_bytes(self) -> int:
        return sum(job.bytes for job in self._jobs.values())

    def snapshot(self, job: Job) -> JobSnapshot:
        return self.snapshots([job])[0]

    def snapshots(self, jobs: Sequence[Job]) -> list[JobSnapshot]:
        """Those of many jobs, with one look at the queue."""
        queued = [job.id for job in jobs if job.state is JobState.QUEUED]
        places = dict.fromkeys(queued, 0) | positions(self._waiting(), self._turns.served) if queued else {}
        return [self._snapshot(job, places[job.id] if job.id in queued else None) for job in jobs]

    def _snapshot(self, job: Job, position: int | None) -> JobSnapshot:
        return job.snapshot(position, expires(job, self._limits) if job.is_finished else None)

    def _waiting(self) -> list[Waiting]:
        return [
            Waiting(job.id, job.client, self.lane(job), job.num_images - job.started_tasks)
            for job in self._unfinished.values()
            if job.has_tasks_to_start
        ]

    def lane(self, job: Job) -> Lane:
        return self._lane_of(job.operation)

    def next_task(self, fits: Callable[[Job], bool] = lambda _job: True) -> Task | None:
        """The next task to start; None while there is none. The caller runs it. See lanes.py for whose turn it is.

        fits: whether a task of the job can be started now.
        """
        turn = self._turns.take(self._waiting(), lambda one: fits(self._jobs[one.job]))
        if turn is None:
            return None
        job = self._jobs[turn.job]
        index = job.started_tasks
        job.started_tasks += 1
        return task_of(job, index)

    async def move(self, job: Job, state: JobState) -> None:
        async with job.lock:
            if job.state is not state and not job.is_finished:
                await self._record(job, "state", {"state": str(state)}, state=state)

    def report_progress(self, job: Job, progress: Progress) -> None:
        job.progress = progress
        job.seq = self.events.add(job.client, job.id, "progress", progress.model_dump()).seq

    def report_preview(self, job: Job, task: int, jpeg: str) -> None:
        job.seq = self.events.add(job.client, job.id, "preview", {"task": task, "jpeg": jpeg}).seq

    async def warn(self, job: Job, warning: WarningBody) -> None:
        """Tell the user something once, however many variations say it."""
        async with job.lock:
            if warning not in job.warnings:
                await self._record(job, "warning", warning.model_dump(), warnings=[*job.warnings, warning])

    async def add_artifacts(self, job: Job, made: Sequence[ArtifactInfo]) -> None:
        """A variation is complete on disk: all that was made of it."""
        async with job.lock:
            size = await self.keeper(job).size(job)
            artifacts = job.artifacts | {(one.role, one.index): one for one in made}
            await self._record(job, "artifact", made[0].model_dump(), artifacts=artifacts, bytes=size)
            for one in made[1:]:
                job.seq = self.events.add(job.client, job.id, "artifact", one.model_dump()).seq

    async def finish(self, job: Job) -> None:
        """All tasks have ended: done if all gave a result, cancelled if that was asked, else failed."""
        async with job.lock:
            if len(job.variations) == job.num_images:
                return await self._end(job, JobState.DONE, None)
            await self.keeper(job).drop_unfinished(job)
            if job.superseded_by:
                return await self._end(job, JobState.CANCELLED, superseded(job.superseded_by))
            stopped = job.error is not None and job.error.code is ErrorCode.INTERRUPTED
            error = lost() if job.is_live and stopped else job.error
            return await self._end(job, JobState.CANCELLED if job.cancel_requested else JobState.FAILED, error)

    async def fail(self, job: Job, error: ErrorBody) -> None:
        async with job.lock:
            await self._end(job, JobState.FAILED, error)

    async def cancel_waiting(self, job: Job) -> None:
        """Cancel a job none of whose tasks holds a worker."""
        async with job.lock:
            error = superseded(job.superseded_by) if job.superseded_by else None
            await self._end(job, JobState.CANCELLED, error)

    async def _end(self, job: Job, state: JobState, error: ErrorBody | None) -> None:
        """The caller holds the job's lock. No effect on a job that has ended."""
        if job.is_finished:
            return
        finished = len(job.variations)
        progress = Progress(stage="finished", task=finished, fraction=finished / job.num_images)
        told = None if error is None else error.model_dump(mode="json")
        await self._record(job, "state", {"state": str(state), "error": told}, state=state, error=error)
        job.progress = progress
        self.events.drop_previews(job.id)
        self.keeper(job).ended(job)
        self.work.set()

    async def measure(self, job: Job) -> None:
        """Its files have changed: what they take counts from now on, and after a restart unless the disk is full."""
        async with job.lock:
            if job.id not in self._jobs:
                return
            job.bytes = await self.keeper(job).size(job)
            try:
                await self.keeper(job).update(job)
            except (OSError, sqlite3.Error) as error:
                log.error("the size of job %s cannot be recorded: %s", job.id, error)

    async def _record(self, job: Job, type: DurableEvent, data: dict[str, Any], **changes: Any) -> None:
        """Write the changed job to the journal; only then change it in memory and log the event, in one go.

        The caller holds the job's lock. Raises IllegalTransitionError where `changes` has a state it cannot go to.
        """
        if job.id not in self._jobs:
            return
        if "state" in changes:
            check_transition(job.state, changes["state"])
        self.events.secure_number()
        changes["updated"] = time.time()
        row = replace(job, **changes)
        await self.keeper(job).update(row)
        for name, value in changes.items():
            setattr(job, name, value)
        if job.is_finished:
            self._unfinished.pop(job.id, None)
        job.seq = self.events.add(job.client, job.id, type, data).seq

    async def resubmitted(self, job: Job, as_id: str) -> None:
        async with job.lock:
            data = {"state": str(job.state), "resubmitted_as": as_id}
            await self._record(job, "state", data, resubmitted_as=as_id)

    async def delete(self, job: Job) -> None:
        """Forget a finished job and its files; no effect where it is forgotten already."""
        async with job.lock:
            if job.id not in self._jobs:
                return
            await self.keeper(job).forget(job, self.events.secure_number)
            del self._jobs[job.id]
            self._keys.pop((job.client, job.key), None)
            self.events.add(job.client, job.id, "deleted", {})
        await self.keeper(job).remove_files(job)

    async def expire(self) -> None:
        """Delete finished jobs that are too old, and the oldest beyond the total size and number that are kept."""
        for job in expired(self._jobs.values(), self._limits, time.time()):
            await self.delete(job)
        await self.durable.removal.catch_up()

    async def expire_live(self) -> None:
        """Forget the live jobs that have ended long enough ago."""
        for job in expired_live(self._jobs.values(), self._limits, time.time()):
            await self.delete(job)

    async def lose_live(self) -> None:
        """The daemon stops: what is in memory alone ends, and who follows it is told."""
        for job in [job for job in self._unfinished.values() if job.is_live]:
            await self.fail(job, lost())

    def _ended_live(self) -> list[str]:
        """The live jobs that have ended, first that which ended first."""
        ended = [job for job in finished(self._jobs.values()) if job.is_live]
        return [job.id for job in sorted(ended, key=lambda job: job.updated)]

"""The queue: accepts jobs, hands out their tasks in turn, records what becomes of them, tells who waits.

Used from the event loop only. Every change is in the journal before it is an event, and so before a client hears of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from ..config import Limits
from ..errors import BridgeError, ErrorCode
from ..protocol.messages import ErrorBody, JobSnapshot, JobState, Progress, ResultInfo, WarningBody
from ..protocol.tasks import Task
from .events import EventLog
from .journal import JournalThread
from .lanes import Lane, Turns, Waiting, paint_lane, positions
from .notes import note_of
from .record import Job
from .removal import Removal
from .settling import if_there_is_room, settle
from .spool import Spool
from .states import check_transition

log = logging.getLogger(__name__)

DurableEvent = Literal["state", "result", "warning"]


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
        self._journal = journal
        self._limits = limits
        self._jobs: dict[str, Job] = {}
        self._unfinished: dict[str, Job] = {}  # of _jobs, in the same order
        self._keys: dict[tuple[str, str], str] = {}
        self._lane_of = lane_of
        self._turns = Turns()
        self._removal = Removal(journal, spool)
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
        await self._removal.finish(job.id for job in jobs if job.id in deleted)
        for job in jobs:
            if job.id not in deleted:
                self._remember(job)
        found = await asyncio.to_thread(
            self.spool.sweep, list(self._jobs), marks=self._removal.rows, journal_is_new=opened.is_new
        )
        for one in found:
            await if_there_is_room(lambda one=one: self._journal.call(lambda journal: journal.add_found(one)))
            self._remember(one.job)
        if found:
            log.warning("%d job(s) that the journal did not know were found in %s", len(found), self.spool.root)
        for job in list(self._jobs.values()):
            await if_there_is_room(lambda job=job: settle(self, job, was_mended=opened.is_mended))
        await if_there_is_room(self.expire)
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
            raise BridgeError(ErrorCode.NOT_FOUND, "This job is not there: it was deleted, or it has expired.")
        return job

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def with_key(self, client: str, key: str) -> Job | None:
        return self._jobs.get(self._keys.get((client, key), ""))

    def check_room(self, client: str) -> None:
        """Raises queue_full where one more job would be too many, of all or of this client.

        A client may hold half of the places, so that a script gone wrong in one program leaves room for the others.
        """
        places = self._limits.queued_jobs
        waiting = len(self._unfinished)
        own = sum(job.client == client for job in self._unfinished.values())
        if waiting >= places:
            told = f"{waiting} jobs are waiting already; {places} is the limit."
        elif own >= (places + 1) // 2:
            told = f"This program already has {own} jobs waiting; the other places are kept for other programs."
        else:
            return
        raise BridgeError(ErrorCode.QUEUE_FULL, f"{told} Wait for one to finish, or cancel some in History.")

    async def add(self, job: Job) -> None:
        """Accept a job whose request is complete in the spool. Raises queue_full.

        When this returns the request, the note beside it and the row are on the disk.
        """
        self.check_room(job.client)
        name = await self._journal.call(lambda journal: journal.client_name(job.client))
        await asyncio.to_thread(self.spool.write_note, job.id, note_of(job, name))
        job.bytes = await asyncio.to_thread(self.spool.size, job.id)
        async with job.lock:
            job.updated = time.time()
            self.events.secure_number()
            await self._journal.call(lambda journal: journal.add_job(job))
            self._remember(job)
            job.seq = self.events.add(job.client, job.id, "state", {"state": str(job.state)}).seq
        self.work.set()

    def listing(self, client: str) -> list[Job]:
        """The client's jobs, newest first."""
        mine = [job for job in self._jobs.values() if job.is_of(client)]
        return sorted(mine, key=lambda job: (job.created, job.id), reverse=True)

    def counts(self) -> dict[str, int]:
        return {str(state): sum(job.state is state for job in self._jobs.values()) for state in JobState}

    def spool_bytes(self) -> int:
        return sum(job.bytes for job in self._jobs.values())

    def snapshot(self, job: Job) -> JobSnapshot:
        position = self._positions().get(job.id, 0) if job.state is JobState.QUEUED else None
        return self._snapshot(job, position)

    def snapshots(self, jobs: Sequence[Job]) -> list[JobSnapshot]:
        """Those of many jobs, with one look at the queue."""
        places = self._positions()
        return [self._snapshot(job, places.get(job.id, 0) if job.state is JobState.QUEUED else None) for job in jobs]

    def _snapshot(self, job: Job, position: int | None) -> JobSnapshot:
        expires = job.updated + self._limits.result_age_seconds if job.is_finished else None
        return job.snapshot(position, expires)

    def _positions(self) -> dict[str, int]:
        return positions(self._waiting(), self._turns.served)

    def _waiting(self) -> list[Waiting]:
        return [
            Waiting(job.id, job.client, self.lane(job), job.request.count - job.started_tasks)
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
        return Task(
            id=f"{job.id}/{index}",
            job=job.id,
            index=index,
            seed=job.seed + index,
            model=job.model,
            request=str(self.spool.request(job.id)),
            result=str(self.spool.result(job.id, index)),
            thumbnail=str(self.spool.thumbnail(job.id, index)),
        )

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
        """Tell the painter something once, however many variations say it."""
        async with job.lock:
            if warning not in job.warnings:
                await self._record(job, "warning", warning.model_dump(), warnings=[*job.warnings, warning])

    async def add_result(self, job: Job, result: ResultInfo) -> None:
        """A variation is complete on disk."""
        async with job.lock:
            size = await asyncio.to_thread(self.spool.size, job.id)
            results = job.results | {result.index: result}
            await self._record(job, "result", result.model_dump(), results=results, bytes=size)

    async def finish(self, job: Job) -> None:
        """All tasks have ended: done if all gave a result, cancelled if that was asked, else failed."""
        async with job.lock:
            if len(job.results) < job.request.count:
                await asyncio.to_thread(self.spool.remove_unfinished, job.id)
            if len(job.results) == job.request.count:
                await self._end(job, JobState.DONE, None)
            elif job.cancel_requested:
                await self._end(job, JobState.CANCELLED, job.error)
            else:
                await self._end(job, JobState.FAILED, job.error)

    async def fail(self, job: Job, error: ErrorBody) -> None:
        async with job.lock:
            await self._end(job, JobState.FAILED, error)

    async def cancel_waiting(self, job: Job) -> None:
        """Cancel a job none of whose tasks holds a worker."""
        async with job.lock:
            await self._end(job, JobState.CANCELLED, None)

    async def _end(self, job: Job, state: JobState, error: ErrorBody | None) -> None:
        """The caller holds the job's lock. No effect on a job that has ended."""
        if job.is_finished:
            return
        finished = len(job.results)
        progress = Progress(phase="finished", task=finished, fraction=finished / job.request.count)
        told = None if error is None else error.model_dump(mode="json")
        await self._record(job, "state", {"state": str(state), "error": told}, state=state, error=error)
        job.progress = progress
        self.events.drop_previews(job.id)
        self.work.set()

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
        await self._journal.call(lambda journal: journal.update_job(row))
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
            await self._removal.forget(job.id, self.events.secure_number)
            del self._jobs[job.id]
            self._keys.pop((job.client, job.key), None)
            self.events.add(job.client, job.id, "deleted", {})
        await self._removal.remove_files(job.id)

    async def expire(self) -> None:
        """Delete finished jobs that are too old, and the oldest beyond the total size and number that are kept."""
        finished = sorted((job for job in self._jobs.values() if job.is_finished), key=lambda job: job.updated)
        total, count = self.spool_bytes(), len(self._jobs)
        deadline = time.time() - self._limits.result_age_seconds
        for job in finished:
            if job.updated > deadline and total <= self._limits.spool_bytes and count <= self._limits.kept_jobs:
                break
            total, count = total - job.bytes, count - 1
            await self.delete(job)
        await self._removal.catch_up()

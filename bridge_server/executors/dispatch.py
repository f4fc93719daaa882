"""Takes tasks from the queue, gives them to the executor, and records what it says."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import ErrorCode
from ..faults import describe_fault
from ..jobs.queue import JobQueue
from ..jobs.record import Job
from ..protocol.messages import ArtifactInfo, ArtifactMeta, ErrorBody, JobState, Progress, WarningBody
from ..protocol.tasks import Task
from .base import Cancelled, Done, Executor, Failed, Outcome, Slot

log = logging.getLogger(__name__)

# After these the worker is replaced and the job's next variation may well succeed; any other failure would only repeat.
GOES_ON_AFTER = frozenset({ErrorCode.WORKER_DIED, ErrorCode.WORKER_UNRESPONSIVE})

RETRY_SECONDS = 2.0
INTERNAL_MESSAGE = (
    "A fault in Layerbridge ended this job. Please report it with the daemon's log (`layerbridge doctor`)."
)


@dataclass
class Running:
    """A task on a worker, the slot it was started for, its stage, and what its steps have taken so far (seconds)."""

    task: Task
    slot: str
    stage: str = "waiting"
    step_seconds: list[float] = field(default_factory=list[float])


class Dispatcher:
    """Runs until cancelled. One asyncio task per running task; at most one for each of `executor.slots`."""

    def __init__(self, queue: JobQueue, executor: Executor) -> None:
        self._queue = queue
        self._executor = executor
        self._running: dict[str, Running] = {}
        self._stopping = False
        executor.on_slots(queue.work.set)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                await self._queue.work.wait()
                self._queue.work.clear()
                while (task := self._next_task()) is not None:
                    group.create_task(self._run(task))

    def _next_task(self) -> Task | None:
        """Take the next task for which a slot is free; it holds the slot from now on."""
        slots = self._executor.slots
        if self._stopping or len(self._running) >= len(slots):
            return None
        held = {running.slot for running in self._running.values()}
        free = [slot for slot in slots if slot.id not in held]

        def slot_for(job: Job) -> Slot | None:
            lane, family = self._queue.lane(job), job.model and job.model.family
            return next((slot for slot in free if slot.takes(lane, family)), None)

        task = self._queue.next_task(lambda job: slot_for(job) is not None)
        if task is not None:
            job = self._queue.get(task.job)
            slot = slot_for(job) if job else None
            assert slot is not None, "only a task that a slot takes is handed out"
            self._running[task.id] = Running(task, slot.id)
        return task

    async def stop(self) -> None:
        """Start no more tasks, end the workers, and record what that did to the tasks that were running."""
        self._stopping = True
        await self._executor.close()
        while self._running:
            await asyncio.sleep(0.01)
        await self._queue.lose_live()

    async def cancel(self, job: Job) -> None:
        """Cancel a job in whatever state it is; a finished one stays as it is. Results so far are kept."""
        if job.is_finished:
            return
        job.cancel_requested = True
        running = [entry.task.id for entry in self._running.values() if entry.task.job == job.id]
        for task_id in running:
            self._executor.cancel(task_id)
        if running:
            return
        try:
            await self._queue.cancel_waiting(job)
        except BaseException:
            job.cancel_requested = False  # it is not cancelled, and the caller is told so
            self._queue.work.set()
            raise

    async def _run(self, task: Task) -> None:
        job = self._queue.get(task.job)
        assert job is not None, "a job is deleted only when it is finished"
        try:
            outcome = await self._run_task(job, task)
        except Exception as error:  # noqa: BLE001  (whatever it is, the job must end)
            log.error("task %s could not be followed to its end: %s", task.id, describe_fault(error))
            outcome = Failed(ErrorBody(code=ErrorCode.INTERNAL, message=INTERNAL_MESSAGE))
        self._count(job, task, outcome)
        try:
            await self._retry_until_recorded(task, lambda: self._conclude(job, task, outcome))
        finally:
            del self._running[task.id]
            self._queue.work.set()

    async def _run_task(self, job: Job, task: Task) -> Outcome:
        await self._retry_until_recorded(
            task, lambda: self._queue.move(job, JobState.LOADING if task.model else JobState.RUNNING)
        )
        if job.cancel_requested:
            return Cancelled()
        messages: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        follower = asyncio.create_task(self._follow(job, task, messages))
        outcome = await self._executor.run(task, self._queue.keeper(job).artifacts, messages.put_nowait)
        messages.put_nowait(None)
        await follower
        return outcome

    async def _retry_until_recorded(self, task: Task, record: Callable[[], Awaitable[None]]) -> None:
        """Record something, again and again while the disk is full or the journal is locked, until the daemon stops.

        A result is complete in the spool by then; after a restart it is found there.
        """
        while True:
            try:
                return await record()
            except (sqlite3.Error, OSError) as error:
                log.error("task %s cannot be recorded; trying again: %s", task.id, describe_fault(error))
                if self._stopping:
                    return None
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, job: Job, task: Task, messages: asyncio.Queue[dict[str, Any] | None]) -> None:
        """Turn the worker's messages into progress, in their order."""
        while (message := await messages.get()) is not None:
            try:
                await self._take(job, self._running[task.id], message)
            except Exception as error:  # noqa: BLE001  (the next messages are followed all the same)
                log.error("the %s message of task %s was lost: %s", message["event"], task.id, describe_fault(error))

    async def _take(self, job: Job, running: Running, message: dict[str, Any]) -> None:
        match message["event"]:
            case "stage":
                running.stage = message["stage"]
                if running.stage != "loading":
                    await self._queue.move(job, JobState.RUNNING)
                self._progress(job, running, job.progress.steps if running.step_seconds else 0, job.progress.steps)
            case "step":
                running.step_seconds.append(float(message["seconds"]))
                self._progress(job, running, int(message["step"]), int(message["steps"]))
            case "preview":
                self._queue.report_preview(job, running.task.index, message["jpeg"])
            case "warning":
                await self._queue.warn(job, WarningBody(code=message["code"], message=message["message"]))
            case other:
                log.warning("unknown message %.40r from a worker", other)

    def _progress(self, job: Job, running: Running, step: int, steps: int) -> None:
        """steps: of the task; a stage that comes after them begins with all of them done."""
        within = step / steps if steps else 0.0
        finished = len(job.variations) + job.failed_tasks
        progress = Progress(
            stage=running.stage,
            task=running.task.index,
            step=step,
            steps=steps,
            fraction=min(1.0, (finished + within) / job.num_images),
            eta_seconds=eta_seconds(running.step_seconds, steps - step, steps, job.num_images - finished - 1),
        )
        self._queue.report_progress(job, progress)

    def _count(self, job: Job, task: Task, outcome: Outcome) -> None:
        """What the end of a task means for the rest of its job."""
        match outcome:
            case Failed():
                job.failed_tasks += 1
                job.error = outcome.error
                log.warning("task %s failed: %s", task.id, outcome.error.code)
                if outcome.error.code not in GOES_ON_AFTER:
                    job.started_tasks = job.num_images
            case Cancelled():
                job.cancel_requested = True
            case Done():
                pass

    async def _conclude(self, job: Job, task: Task, outcome: Outcome) -> None:
        """May be repeated."""
        if isinstance(outcome, Done) and task.index not in job.variations:
            await self._queue.add_artifacts(
                job,
                [
                    ArtifactInfo(
                        role=made.role,
                        index=task.index,
                        media_type=made.media_type,
                        bytes=made.bytes,
                        meta=ArtifactMeta.model_validate(made.meta),
                    )
                    for made in outcome.artifacts
                ],
            )
        others = any(entry.task.job == job.id for entry in self._running.values() if entry.task.id != task.id)
        if not others and not job.has_tasks_to_start:
            await self._queue.finish(job)


def eta_seconds(step_seconds: list[float], steps_left: int, steps: int, tasks_left: int) -> float | None:
    """Time left from the median of the last steps; None until a step is done. The first step is slow: warm-up."""
    if not step_seconds or not steps:
        return None
    recent = sorted(step_seconds[1:][-9:] or step_seconds)
    return recent[len(recent) // 2] * (steps_left + steps * tasks_left)

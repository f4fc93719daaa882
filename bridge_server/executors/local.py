"""The local executor: one worker process per device of this machine, replaced when it dies or hangs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..protocol.messages import DeviceInfo, ErrorBody
from ..protocol.tasks import ModelRef, Task
from .base import Failed, Outcome, TaskListener
from .process import WorkerProcess

log = logging.getLogger(__name__)


class LocalExecutor:
    """Implements `Executor` with worker processes that share this machine's disk."""

    def __init__(self, devices: Sequence[str], *, idle_unload_seconds: float, log_path: Path, hash_cache: Path) -> None:
        self._workers = [
            WorkerProcess(device, idle_unload_seconds=idle_unload_seconds, log_path=log_path, hash_cache=hash_cache)
            for device in devices
        ]
        self._busy: dict[str, WorkerProcess] = {}

    @property
    def slots(self) -> int:
        return len(self._workers)

    async def start(self) -> None:
        for worker in self._workers:
            worker.start_soon()

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def run(self, task: Task, listener: TaskListener) -> Outcome:
        idle = [worker for worker in self._workers if worker not in self._busy.values()]
        if not idle:
            message = "All workers are busy; this should have waited in the queue."
            return Failed(ErrorBody(code=ErrorCode.INTERNAL, message=message))
        worker = next((w for w in idle if w.loaded_model == task.model.name), idle[0])
        self._busy[task.id] = worker
        try:
            return await worker.run(task, listener)
        finally:
            del self._busy[task.id]

    def cancel(self, task_id: str) -> None:
        worker = self._busy.get(task_id)
        if worker is not None:
            worker.cancel(task_id)

    async def load(self, model: ModelRef) -> None:
        idle = [worker for worker in self._workers if worker not in self._busy.values()]
        if not idle:
            message = "All workers are painting; the model loads with its first job."
            raise BridgeError(ErrorCode.NOT_READY, message)
        await idle[0].load(model)

    def devices(self) -> list[DeviceInfo]:
        return [worker.info() for worker in self._workers]

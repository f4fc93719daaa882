"""The local executor: one worker process per device of this machine, replaced when it dies or hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..jobs.settling import interrupted
from ..protocol.service import DeviceInfo
from ..protocol.tasks import ModelRef, Task
from .awake import Awake
from .base import Cancelled, Failed, Outcome, Slot, TaskListener
from .launch import WORKER
from .process import WorkerProcess
from .watchdog import Limits


class LocalExecutor:
    """Implements `Executor` with worker processes that share this machine's disk."""

    def __init__(
        self,
        devices: Sequence[str],
        *,
        idle_unload_seconds: float,
        log_path: Path,
        hash_cache: Path,
        limits: Limits | None = None,
        awake: Awake | None = None,
        module: str = WORKER,
    ) -> None:
        """module: the main program of a worker."""
        self._awake = awake or Awake()
        self._workers = [
            WorkerProcess(
                device,
                idle_unload_seconds=idle_unload_seconds,
                log_path=log_path if number == 0 else log_path.with_stem(f"{log_path.stem}-{number}"),
                hash_cache=hash_cache,
                on_change=self._on_change,
                limits=limits,
                module=module,
            )
            for number, device in enumerate(devices)
        ]
        self._busy: dict[str, WorkerProcess] = {}
        self._pending: dict[str, asyncio.Future[Outcome]] = {}
        self._changed = asyncio.Event()
        self._listener: Callable[[], None] = _ignore

    @property
    def slots(self) -> tuple[Slot, ...]:
        """One a worker that is ready, and one to wait in where none is yet."""
        ready = [number for number, worker in enumerate(self._workers) if worker.is_ready]
        return tuple(self._slot(number) for number in ready or [0])

    def _slot(self, number: int) -> Slot:
        info = self._workers[number].info()
        return Slot(id=f"local-{number}", device=info.name, memory_bytes=info.memory_bytes)

    def on_slots(self, listener: Callable[[], None]) -> None:
        self._listener = listener

    def _on_change(self) -> None:
        self._changed.set()
        self._listener()

    async def start(self) -> None:
        for worker in self._workers:
            worker.start_soon()

    async def close(self) -> None:
        for pending in self._pending.values():
            if not pending.done():
                pending.set_result(Failed(interrupted()))
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def run(self, task: Task, listener: TaskListener) -> Outcome:
        pending: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._pending[task.id] = pending
        listener({"event": "phase", "phase": "loading"})
        try:
            worker = await self._choose(task, pending)
            if worker is None:
                return pending.result()
            self._busy[task.id] = worker
            with self._awake.for_a_task():
                return await worker.run(task, listener)
        finally:
            del self._pending[task.id]
            self._busy.pop(task.id, None)

    async def _choose(self, task: Task, pending: asyncio.Future[Outcome]) -> WorkerProcess | None:
        """A ready worker, best one that has the model; a dead one only where all are. None: `pending` was decided."""
        while not pending.done():
            idle = [worker for worker in self._workers if worker not in self._busy.values()]
            ready = [worker for worker in idle if worker.is_ready]
            if ready:
                return next((worker for worker in ready if worker.loaded_model == task.model.name), ready[0])
            if idle and all(worker.is_dead for worker in self._workers):
                return idle[0]
            self._changed.clear()
            change = asyncio.create_task(self._changed.wait())
            await asyncio.wait({change, pending}, return_when=asyncio.FIRST_COMPLETED)
            change.cancel()
        return None

    def cancel(self, task_id: str) -> None:
        worker, pending = self._busy.get(task_id), self._pending.get(task_id)
        if worker is not None:
            worker.cancel(task_id)
        elif pending is not None and not pending.done():
            pending.set_result(Cancelled())

    async def load(self, model: ModelRef) -> None:
        idle = [worker for worker in self._workers if worker not in self._busy.values()]
        if not idle:
            message = "All workers are painting; the model loads with its first job."
            raise BridgeError(ErrorCode.NOT_READY, message)
        idle.sort(key=lambda worker: (worker.loaded_model != model.name, worker.is_dead, not worker.is_ready))
        await idle[0].load(model)

    def devices(self) -> list[DeviceInfo]:
        return [worker.info() for worker in self._workers]


def _ignore() -> None:
    """Before anybody listens."""

"""The local executor: one worker process per device of this machine, replaced when it dies or hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..jobs.artifacts import ArtifactStore
from ..jobs.faults import storage_error
from ..jobs.recovery import interrupted
from ..protocol.messages import ErrorBody
from ..protocol.service import DeviceInfo
from ..protocol.tasks import ModelRef, Task
from .awake import Awake
from .base import Cancelled, Failed, Outcome, Slot, TaskListener
from .launch import WORKER
from .process import WorkerProcess
from .scratch import Scratch, put_made
from .watchdog import Limits


class LocalExecutor:
    """Implements `Executor` with worker processes that share this machine's disk."""

    def __init__(
        self,
        devices: Sequence[str],
        *,
        idle_unload_seconds: float,
        log_path: Path,
        model_store: Path,
        compiled: Path | None = None,
        keep_bytes: int | None = None,
        limits: Limits | None = None,
        awake: Awake | None = None,
        scratch: Path | None = None,
        module: str = WORKER,
    ) -> None:
        """compiled: the folder for what a worker compiles; None: the library's own. scratch: where the files of tasks
        lie whose store has none; None: the system's place. module: a worker's main program.
        """
        self._awake = awake or Awake()
        self._scratch = Scratch(scratch)
        options = ("--idle-unload-seconds", f"{idle_unload_seconds}", "--model-store", f"{model_store}")
        options += () if compiled is None else ("--compiled", f"{compiled}")
        options += () if keep_bytes is None else ("--keep-bytes", f"{keep_bytes}")
        self._workers = [
            WorkerProcess(
                device,
                options=options,
                log_path=log_path if number == 0 else log_path.with_stem(f"{log_path.stem}-{number}"),
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
        await asyncio.to_thread(self._scratch.clear)
        for worker in self._workers:
            worker.start_soon()

    async def close(self) -> None:
        for pending in self._pending.values():
            if not pending.done():
                pending.set_result(Failed(interrupted()))
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def run(self, task: Task, artifacts: ArtifactStore, listener: TaskListener) -> Outcome:
        pending: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._pending[task.id] = pending
        if task.model is not None:
            listener({"event": "stage", "stage": "loading"})
        try:
            worker = await self._choose(task, pending)
            if worker is None:
                return pending.result()
            self._busy[task.id] = worker
            with self._awake.for_a_task():
                return await self._run(worker, task, artifacts, listener)
        finally:
            del self._pending[task.id]
            self._busy.pop(task.id, None)

    async def _run(
        self, worker: WorkerProcess, task: Task, artifacts: ArtifactStore, listener: TaskListener
    ) -> Outcome:
        pending = self._pending[task.id]
        try:
            async with self._scratch.on_this_disk(task, artifacts) as placed:
                if pending.done():  # meanwhile; the worker knows nothing of the task yet
                    return pending.result()
                outcome = await worker.run(placed, listener)
                await put_made(outcome, task, placed, artifacts)
                return outcome
        except BridgeError as error:
            return Failed(ErrorBody(**error.envelope()))
        except OSError as error:
            return Failed(ErrorBody(**storage_error(error).envelope()))

    async def _choose(self, task: Task, pending: asyncio.Future[Outcome]) -> WorkerProcess | None:
        """A ready worker, best one that has the model; a dead one only where all are. None: `pending` was decided."""
        while not pending.done():
            idle = [worker for worker in self._workers if worker not in self._busy.values()]
            ready = [worker for worker in idle if worker.is_ready]
            if ready:
                return next((worker for worker in ready if _has(worker, task.model)), ready[0])
            if idle and all(worker.is_dead for worker in self._workers):
                return idle[0]
            self._changed.clear()
            change = asyncio.create_task(self._changed.wait())
            await asyncio.wait({change, pending}, return_when=asyncio.FIRST_COMPLETED)
            change.cancel()
        return None

    def cancel(self, task_id: str) -> None:
        worker, pending = self._busy.get(task_id), self._pending.get(task_id)
        if pending is not None and not pending.done():
            pending.set_result(Cancelled())
        if worker is not None:
            worker.cancel(task_id)

    async def load(self, model: ModelRef) -> None:
        idle = [worker for worker in self._workers if worker not in self._busy.values()]
        if not idle:
            message = "All workers are painting; the model loads with its first job."
            raise BridgeError(ErrorCode.NOT_READY, message)
        idle.sort(key=lambda worker: (not _has(worker, model), worker.is_dead, not worker.is_ready))
        await idle[0].load(model)

    def devices(self) -> list[DeviceInfo]:
        return [worker.info() for worker in self._workers]


def _has(worker: WorkerProcess, model: ModelRef | None) -> bool:
    """Whether it has loaded the model: told by the key, by the name where it has none."""
    if model is None:
        return False
    return worker.loaded_key == model.key if model.key else worker.loaded_model == model.name


def _ignore() -> None:
    """Before anybody listens."""

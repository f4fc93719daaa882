"""An executor whose tasks end when a test says so, each with a small result; it runs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridge_server.executors.base import Cancelled, Done, Outcome, Slot, TaskListener
from bridge_server.jobs.artifacts import ArtifactStore
from bridge_server.protocol.frame import Tensor, encode
from bridge_server.protocol.messages import FRAME
from bridge_server.protocol.service import DeviceInfo
from bridge_server.protocol.tasks import Made, ModelRef, Task

BOUNDS = {"x": 0, "y": 0, "width": 8, "height": 8}
PATIENCE_SECONDS = 240.0
ONE_SLOT = (Slot("hand", "none"),)


class HandExecutor:
    """started: the tasks in the order in which they began. Implements `Executor`."""

    def __init__(self, slots: tuple[Slot, ...] = ONE_SLOT) -> None:
        self.slots = slots
        self.started: list[Task] = []
        self._ends: dict[str, asyncio.Future[Outcome]] = {}
        self._began = asyncio.Condition()

    def on_slots(self, listener: Callable[[], None]) -> None:
        pass

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        for task in list(self._ends):
            self.cancel(task)

    async def run(self, task: Task, artifacts: ArtifactStore, listener: TaskListener) -> Outcome:
        self._store = artifacts
        self._ends[task.id] = asyncio.get_running_loop().create_future()
        async with self._began:
            self.started.append(task)
            self._began.notify_all()
        try:
            return await self._ends[task.id]
        finally:
            del self._ends[task.id]

    def cancel(self, task_id: str) -> None:
        if not self._ends[task_id].done():
            self._ends[task_id].set_result(Cancelled())

    async def load(self, model: ModelRef) -> None:
        pass

    def devices(self) -> list[DeviceInfo]:
        return []

    async def until_started(self, count: int) -> list[Task]:
        """All tasks, once `count` of them have begun."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._began:
            await self._began.wait_for(lambda: len(self.started) >= count)
        return self.started

    def end(self, task: Task) -> None:
        """The task is done, and its result is on the disk."""
        parts = encode({}, {"image": Tensor("U8", (8, 8, 4), bytes(256))})
        with self._store.open(task.request) as request:
            assert request.read(1)
        made = [
            Made(role, FRAME, self._store.put(key, parts), {"seed": task.seed, "bounds": BOUNDS})
            for role, key in task.artifacts.items()
        ]
        self._ends[task.id].set_result(Done(tuple(made)))

"""The interface between the queue and whatever runs tasks: worker processes now, Ray actors later.

An executor owns transport: a task has keys of the artifact store, and an executor whose workers do not share the
daemon's disk copies the bytes itself. Before `run` returns Done, the artifacts are complete in the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..jobs.artifacts import ArtifactStore
from ..jobs.lanes import Lane
from ..protocol.messages import ErrorBody
from ..protocol.service import DeviceInfo
from ..protocol.tasks import Made, ModelRef, Task

TaskListener = Callable[[dict[str, Any]], None]
"""Receives the worker's stage, step, preview and warning events (bridge_server.protocol.tasks) as they come."""


@dataclass(frozen=True)
class Done:
    """What the task has made, all of it on the disk."""

    artifacts: tuple[Made, ...]


@dataclass(frozen=True)
class Failed:
    """Only this task failed; the executor can take the next one."""

    error: ErrorBody


@dataclass(frozen=True)
class Cancelled:
    """The task stopped because `cancel` asked for it."""


Outcome = Done | Failed | Cancelled


@dataclass(frozen=True)
class Slot:
    """A place where one task at a time can run.

    id: stays the same while the executor lives. memory_bytes: of the device; None: not known. families: of the models
    that it can run; None: all. What uses no model runs in any. lanes: of the tasks that it takes.
    """

    id: str
    device: str
    memory_bytes: int | None = None
    families: frozenset[str] | None = None
    lanes: frozenset[Lane] = frozenset(Lane)

    def takes(self, lane: Lane, family: str | None) -> bool:
        """family: None where no model is used."""
        return lane in self.lanes and (self.families is None or family is None or family in self.families)


class Executor(Protocol):
    """Runs tasks, one a slot at a time. All methods are called from the daemon's event loop."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Those that can take a task now, busy ones included."""
        ...

    def on_slots(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever `slots` may have changed."""
        ...

    async def start(self) -> None:
        """Bring the workers up in the background; returns at once."""
        ...

    async def close(self) -> None:
        """End the workers; running tasks come back as Failed(interrupted)."""
        ...

    async def run(self, task: Task, artifacts: ArtifactStore, listener: TaskListener) -> Outcome:
        """Run one task to its end, in any slot that takes it. Never raises for a task's own failure.

        artifacts: where what the task's keys name is read and put.
        """
        ...

    def cancel(self, task_id: str) -> None:
        """Ask a running task to stop, and no other. `run` returns Cancelled soon, or the worker is replaced."""
        ...

    async def load(self, model: ModelRef) -> None:
        """Load a model ahead of its first task. Raises BridgeError."""
        ...

    def devices(self) -> list[DeviceInfo]: ...

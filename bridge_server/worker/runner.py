"""Runs one task: the request file, the runner of its operation, and what that makes as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..durable import write_whole
from ..errors import BridgeError, ErrorCode
from ..families.registry import FamilyRegistry
from ..operations.registry import Registry, builtin
from ..plan.bounds import Bounds
from ..protocol.requests import job_request
from ..protocol.tasks import Task
from .clock import TaskClock
from .operations.base import THUMBNAIL, Artifact, Load, RunContext, Runner
from .operations.registry import builtin_runners
from .request import open_request
from .watch import TaskWatch


@dataclass(frozen=True)
class Finished:
    """A result that is on disk. bounds: document pixels; bytes: length of the result file."""

    bounds: Bounds
    seed: int
    steps_run: int
    bytes: int


def run_task(
    task: Task,
    load: Load,
    watch: TaskWatch,
    families: FamilyRegistry,
    operations: Registry | None = None,
    runners: Mapping[str, Runner] | None = None,
) -> Finished:
    """Raises BridgeError, Cancelled, OSError and whatever a model raises; the result file is there only if it returns.

    load: gives the model, and tells the watch where that takes time. operations, and the runner of each
    by its name: None: those of Layerbridge.
    """
    known = builtin_runners() if runners is None else runners
    clock = TaskClock()
    watch.check()
    with open_request(Path(task.request), job_request(operations or builtin())) as order:
        operation = order.request.operation
        if operation.name not in known:
            raise BridgeError(ErrorCode.UNSUPPORTED, f"This worker cannot do {operation.title}. Update Layerbridge.")
        context = RunContext(task, order, load, watch, clock, families)
        artifacts = known[operation.name](context, operation.options(order.request), order.inputs)
        return _write(task, artifacts, operation.outputs)


def _write(task: Task, artifacts: Iterable[Artifact], outputs: Mapping[str, object]) -> Finished:
    """Each artifact as it comes; the result's own is the last thing that is written."""
    finished: Finished | None = None
    for artifact in artifacts:
        if artifact.role == THUMBNAIL:
            write_whole(Path(task.thumbnail), artifact.parts)
        elif artifact.role in outputs and finished is None:
            size = write_whole(Path(task.result), artifact.parts)
            meta = artifact.meta
            bounds = meta.bounds or Bounds(0, 0, 0, 0)
            finished = Finished(bounds, task.seed if meta.seed is None else meta.seed, meta.steps_run, size)
        else:
            raise ValueError(f"the runner made {artifact.role!r}, for which the task has no file")
    if finished is None:
        raise ValueError("the runner made no result")
    return finished

"""Runs one task: the request file, the runner of its operation, and what that makes as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..durable import sync_folder, write_whole
from ..errors import BridgeError, ErrorCode
from ..families.registry import FamilyRegistry
from ..operations.registry import Registry, builtin
from ..pipelines.memory import Device
from ..plan.bounds import Bounds
from ..protocol.requests import job_request
from ..protocol.tasks import Made, Task
from .clock import TaskClock
from .operations.base import THUMBNAIL, Artifact, Load, RunContext, Runner
from .operations.registry import builtin_runners
from .request import open_request
from .watch import TaskWatch

CPU = Device("cpu", None)


@dataclass(frozen=True)
class Finished:
    """What a task has made, all of it on the disk. steps_run: of denoising."""

    artifacts: tuple[Made, ...]
    steps_run: int


def run_task(
    task: Task,
    load: Load,
    watch: TaskWatch,
    families: FamilyRegistry,
    operations: Registry | None = None,
    runners: Mapping[str, Runner] | None = None,
    device: Device = CPU,
) -> Finished:
    """Raises BridgeError, Cancelled, OSError and whatever a model raises; the artifacts count only if it returns.

    load: gives the model, and tells the watch where that takes time. operations, and the runner of each
    by its name: None: those of Layerbridge.
    """
    known = builtin_runners() if runners is None else runners
    clock = TaskClock()
    watch.check()
    with open_request(Path(task.request), job_request(operations or builtin())) as order:
        operation = order.request.spec
        if operation.name not in known:
            raise BridgeError(ErrorCode.UNSUPPORTED, f"This worker cannot do {operation.title}. Update Layerbridge.")
        watch.stages = frozenset(operation.stages)
        context = RunContext(task, order, load, watch, clock, families, device)
        artifacts = known[operation.name](context, order.request.own, order.inputs)
        return _write(task, artifacts, operation.outputs)


def _write(task: Task, artifacts: Iterable[Artifact], outputs: Mapping[str, object]) -> Finished:
    """Each artifact when the next one has come. Where there are several, a file beside them says so until all are
    there: who finds it after a crash knows that some are missing.
    """
    made: list[Made] = []
    steps, held = 0, None
    for artifact in artifacts:
        if artifact.role == THUMBNAIL:
            if task.thumbnail is not None:
                write_whole(Path(task.thumbnail), artifact.parts)
            continue
        if artifact.role not in outputs or artifact.role in {known.role for known in made}:
            raise ValueError(f"the runner made {artifact.role!r}, for which the task has no file")
        if held is not None:
            write_whole(Path(task.unfinished), [], synced=task.durable)
            made.append(_written(task, held))
        steps, held = max(steps, artifact.meta.steps_run), artifact
    if held is None:
        raise ValueError("the runner made no result")
    made.append(_written(task, held))
    if len(made) > 1:
        unfinished = Path(task.unfinished)
        unfinished.unlink()
        if task.durable:
            sync_folder(unfinished.parent)
    return Finished(tuple(made), steps)


def _written(task: Task, artifact: Artifact) -> Made:
    size = write_whole(Path(task.artifacts[artifact.role]), artifact.parts, synced=task.durable)
    meta = artifact.meta
    bounds = asdict(meta.bounds or Bounds(0, 0, 0, 0))
    told = {**meta.more, "seed": task.seed if meta.seed is None else meta.seed, "bounds": bounds}
    return Made(artifact.role, artifact.media_type, size, told)

"""What a runner gets and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray
from pydantic import BaseModel

from ...families.registry import FamilyRegistry
from ...pipelines.family import Loaded
from ...pipelines.memory import Device
from ...plan.bounds import Bounds
from ...protocol.frame import Buffer
from ...protocol.tasks import ModelRef, Task
from ..clock import TaskClock
from ..request import Order
from ..watch import TaskWatch

JPEG = "image/jpeg"
THUMBNAIL = "thumbnail"  # the role of the picture that stands for a result in History

Load = Callable[[ModelRef, TaskWatch], Loaded]
Inputs = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Meta:
    """What is told of an artifact without opening it.

    bounds: document pixels. seed: None, the task's. steps_run: of the task. more: what only this operation tells, as
    JSON takes it.
    """

    bounds: Bounds | None = None
    seed: int | None = None
    steps_run: int = 0
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Artifact:
    """A piece of a result: `role` is one of the operation's outputs, or THUMBNAIL; `index` the variation's number."""

    role: str
    index: int
    media_type: str
    parts: list[Buffer]
    meta: Meta = field(default_factory=Meta)


@dataclass(frozen=True)
class RunContext:
    """What a run has around it. load: gives the model, and tells the watch where that takes time. device: where what
    is no base model runs.
    """

    task: Task
    order: Order
    load: Load
    watch: TaskWatch
    clock: TaskClock
    families: FamilyRegistry
    device: Device


Runner = Callable[[RunContext, BaseModel, Inputs], Iterator[Artifact]]

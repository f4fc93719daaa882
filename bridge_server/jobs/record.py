"""A job as the daemon holds it in memory: what was asked, where it stands, what came of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from ..protocol.messages import ErrorBody, JobRequest, JobSnapshot, JobState, Progress, ResultInfo, WarningBody
from ..protocol.tasks import ModelRef
from .states import FINISHED
from .stored import OTHER_VERSION, Stored


@dataclass
class Job:
    """Mutable; changed by the queue only, from the event loop. Times are seconds since the epoch."""

    id: str
    client: str
    key: str  # the Idempotency-Key, or empty
    request: JobRequest  # seed and model filled in
    model: ModelRef
    created: float
    state: JobState = JobState.QUEUED
    updated: float = 0.0
    results: dict[int, ResultInfo] = field(default_factory=dict[int, ResultInfo])
    warnings: list[WarningBody] = field(default_factory=list[WarningBody])
    error: ErrorBody | None = None
    resubmitted_as: str | None = None
    seq: int = 0
    bytes: int = 0
    started_tasks: int = 0
    failed_tasks: int = 0
    progress: Progress = field(default_factory=lambda: Progress(phase="waiting"))
    cancel_requested: bool = False
    other_version: bool = False  # stored by another version, and not read exactly: never run
    stored: Stored | None = None  # as the journal or a note has it; None: of this run of the daemon
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while the journal is written

    @property
    def seed(self) -> int:
        seed = self.request.seed
        assert seed is not None, "the daemon draws a seed before it makes a job"
        return seed

    @property
    def operation(self) -> str:
        return self.request.kind if self.stored is None else self.stored.operation

    def as_stored(self) -> Stored:
        """What is asked, for the journal: word for word what was read from there, where it was."""
        return self.stored or Stored(
            operation=self.operation,
            version=self.request.operation.version,
            request=self.request.model_dump_json(),
            model=json.dumps(self.model.to_json()),
        )

    def is_of(self, client: str) -> bool:
        """Whether the client may see it. A job whose owner is not known any more is everybody's who is paired."""
        return self.client in (client, "")

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def has_tasks_to_start(self) -> bool:
        return not self.is_finished and not self.cancel_requested and self.started_tasks < self.request.count

    def snapshot(self, position: int | None, expires: float | None) -> JobSnapshot:
        return JobSnapshot(
            id=self.id,
            seq=self.seq,
            state=self.state,
            request=self.request,
            created=self.created,
            updated=self.updated,
            expires=expires,
            position=position,
            progress=self.progress,
            results=[self.results[index] for index in sorted(self.results)],
            warnings=[OTHER_VERSION, *self.warnings] if self.other_version else self.warnings,
            error=self.error,
            resubmitted_as=self.resubmitted_as,
        )

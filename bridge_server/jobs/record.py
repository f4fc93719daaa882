"""A job as the daemon holds it in memory: what was asked, where it stands, what came of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from ..protocol.envelope import JobRequest
from ..protocol.messages import ArtifactInfo, ErrorBody, JobSnapshot, JobState, Progress, WarningBody
from ..protocol.tasks import ModelRef
from .names import is_live_name
from .states import FINISHED
from .stored import OTHER_VERSION, Stored


@dataclass
class Job:
    """Mutable; changed by the queue only, from the event loop. Times are seconds since the epoch."""

    id: str
    client: str
    key: str  # the Idempotency-Key, or empty
    request: JobRequest  # seed and model filled in
    model: ModelRef | None  # None: the operation uses none
    created: float
    state: JobState = JobState.QUEUED
    updated: float = 0.0
    artifacts: dict[tuple[str, int], ArtifactInfo] = field(default_factory=dict[tuple[str, int], ArtifactInfo])
    warnings: list[WarningBody] = field(default_factory=list[WarningBody])
    error: ErrorBody | None = None
    resubmitted_as: str | None = None
    seq: int = 0
    bytes: int = 0
    started_tasks: int = 0
    failed_tasks: int = 0
    progress: Progress = field(default_factory=lambda: Progress(stage="waiting"))
    supersedes: str = ""  # the Supersedes-Key: older jobs of its client with the same one give way to it
    cancel_requested: bool = False
    superseded_by: str = ""  # the id of the job for which it is cancelled
    digest: bytes = b""  # of the request of one that is kept in memory, which is let go before the job is
    other_version: bool = False  # stored by another version, and not read exactly: never run
    stored: Stored | None = None  # as the journal or a note has it; None: of this run of the daemon
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while the journal is written

    @property
    def seed(self) -> int:
        """Of the first variation; the daemon draws one before it makes a job. 0 where the operation has none."""
        return self.request.options.seed or 0

    @property
    def num_images(self) -> int:
        """How many variations were asked for."""
        return self.request.options.num_images

    @property
    def variations(self) -> set[int]:
        """The numbers of those that are finished."""
        return {index for _, index in self.artifacts}

    @property
    def operation(self) -> str:
        return self.request.operation if self.stored is None else self.stored.operation

    def as_stored(self) -> Stored:
        """What is asked, for the journal: word for word what was read from there, where it was."""
        return self.stored or Stored(
            operation=self.operation,
            version=self.request.version,
            request=self.request.model_dump_json(),
            model=json.dumps(None if self.model is None else self.model.to_json()),
        )

    @property
    def is_live(self) -> bool:
        """Whether it is ephemeral: kept in memory alone, and never in History."""
        return is_live_name(self.id)

    def is_of(self, client: str) -> bool:
        """Whether the client may see it. A job whose owner is not known any more is everybody's who is paired."""
        return self.client in (client, "")

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def has_tasks_to_start(self) -> bool:
        return not self.is_finished and not self.cancel_requested and self.started_tasks < self.num_images

    def snapshot(self, position: int | None, expires: float | None) -> JobSnapshot:
        other_version = [WarningBody(code="other_version", message=OTHER_VERSION)] if self.other_version else []
        return JobSnapshot(
            id=self.id,
            seq=self.seq,
            state=self.state,
            request=self.request,
            num_images=self.num_images,
            created=self.created,
            updated=self.updated,
            expires=expires,
            position=position,
            progress=self.progress,
            artifacts=sorted(self.artifacts.values(), key=lambda made: (made.index, made.role)),
            warnings=[*other_version, *self.warnings],
            error=self.error,
            resubmitted_as=self.resubmitted_as,
        )

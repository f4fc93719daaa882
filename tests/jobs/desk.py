"""A queue over a real journal and spool, without a worker: what the daemon does between two of its lives."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bridge_server.config import Limits
from bridge_server.jobs.events import EventLog
from bridge_server.jobs.journal import JournalThread
from bridge_server.jobs.lanes import Lane
from bridge_server.jobs.queue import JobQueue
from bridge_server.jobs.record import Job
from bridge_server.jobs.spool import Spool
from bridge_server.protocol.envelope import JobRequest
from bridge_server.protocol.frame import Tensor, encode
from bridge_server.protocol.messages import ArtifactInfo, ArtifactMeta, JobState, ModelUsed, ResultMessage
from bridge_server.protocol.tasks import ModelRef

MODEL = ModelRef("m", "/m", "folder", "sd1", "", 512, 64, inpaint_model=True, steps=20, guidance_scale=7.0)
REQUEST = JobRequest.model_validate(
    {
        "operation": "txt2img",
        "version": 1,
        "params": {"seed": 5, "num_images": 2},
        "models": [{"model": "m"}],
        "document": {"width": 8, "height": 8},
    }
)


class Desk:
    """A queue over a folder; `reopen` is a restart."""

    def __init__(self, folder: Path, limits: Limits, lane_of: Callable[[str], Lane] = lambda _: Lane.PAINT) -> None:
        self.folder = folder
        self.lane_of = lane_of
        self.limits = limits
        self.open()

    def open(self) -> None:
        self.journal = JournalThread(self.folder / "journal.sqlite3", self.folder / "spool")
        self.reserved: list[int] = []
        self.events = EventLog(0, self.reserved.append)
        self.spool = Spool(self.folder / "spool")
        self.spool.prepare()
        self.queue = JobQueue(self.journal, self.spool, self.events, self.limits, self.lane_of)

    async def reopen(self) -> None:
        self.journal.close()
        self.open()
        await self.queue.restore()

    async def add(
        self,
        name: str,
        *,
        key: str = "",
        client: str = "c",
        size: int = 10,
        request: JobRequest = REQUEST,
        family: str = "sd1",
        supersedes: str = "",
        created: float | None = None,
    ) -> Job:
        self.spool.create(name).write_bytes(request_frame(size))
        self.spool.commit_request(name)
        job = Job(
            id=name,
            client=client,
            key=key,
            request=request,
            model=replace(MODEL, family=family),
            created=time.time() if created is None else created,
            supersedes=supersedes,
        )
        await self.queue.add(job)
        return job

    async def finish(self, job: Job) -> None:
        await self.queue.move(job, JobState.LOADING)
        await self.queue.move(job, JobState.RUNNING)
        for index in range(2):
            path = self.spool.artifact(job.id, "layer", index)
            result_frame(path, 5 + index, index)
            await self.queue.add_artifacts(job, [layer(index, path.stat().st_size)])
        await self.queue.finish(job)


def layer(index: int, size: int = 20) -> ArtifactInfo:
    """The layer of variation `index`, of `size` bytes."""
    return ArtifactInfo(role="layer", index=index, bytes=size, meta=ArtifactMeta(seed=5 + index, bounds=REQUEST.bounds))


def request_frame(size: int) -> bytes:
    """A whole request with a picture of about `size` bytes."""
    side = max(1, int((size / 4) ** 0.5))
    message = REQUEST.changed(params={"num_images": 2}, models=[]).model_dump(mode="json")
    parts = encode(message, {"image": Tensor("U8", (side, side, 4), bytes(side * side * 4))})
    return b"".join(bytes(part) for part in parts)


def result_frame(path: Path, seed: int, index: int = 0) -> None:
    """Write a whole result, as a worker does."""
    message = ResultMessage(
        operation="txt2img",
        role="layer",
        bounds=REQUEST.bounds,
        canvas=REQUEST.bounds,
        seed=seed,
        index=index,
        steps_run=1,
        model=ModelUsed(name="m", family="sd1", hash=""),
        request=REQUEST,
    )
    tensors = {"image": Tensor("U8", (8, 8, 4), bytes(256)), "mask": Tensor("U8", (8, 8), bytes(64))}
    path.write_bytes(b"".join(bytes(part) for part in encode(message.model_dump(mode="json"), tensors)))

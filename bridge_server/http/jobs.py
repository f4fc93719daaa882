"""Calls about jobs: history, long-poll, results, thumbnails, previews, cancel, resubmit, delete."""

from __future__ import annotations

import asyncio
import base64
import time

from ..errors import BridgeError, ErrorCode
from ..jobs.names import new_job_id
from ..jobs.record import Job
from ..jobs.search import matches, words_of
from ..protocol.endpoints import AFTER, LIMIT, SEARCH, STATE, WAIT
from ..protocol.messages import JobAccepted, JobList, JobReply, JobSnapshot
from ..protocol.service import Ok
from .call import BytesReply, Call, FileReply, serves
from .ids import checked_key
from .services import Services
from .upload import replayed

FRAME_TYPE = "application/octet-stream"


def _job(call: Call) -> Job:
    return call.services.queue.find(call.client, call.path["id"])


async def listing(call: Call) -> JobList:
    """Newest first; `before` is the id a page ended with."""
    queue = call.services.queue
    jobs = queue.listing(call.client)
    state, document, before = (call.query.get(name) for name in ("state", "document", "before"))
    if state is not None and state not in STATE.words:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"state: {state!r} is none of {', '.join(STATE.words)}.")
    if before is not None:
        ids = [job.id for job in jobs]
        jobs = jobs[ids.index(before) + 1 :] if before in ids else []
    words = words_of(call.text(SEARCH))
    wanted = [
        job
        for job in jobs
        if (state is None or job.state == state)
        and (document is None or job.request.document.id == document)
        and matches(job, words, call.services.operations)
    ]
    limit = call.integer(LIMIT)
    page = wanted[:limit]
    return JobList(jobs=queue.snapshots(page), next=page[-1].id if len(wanted) > limit else None)


async def poll(call: Call) -> JobReply:
    """The snapshot and the events after `after`; waits up to `wait` seconds for one, unless the job is finished."""
    services = call.services
    job = _job(call)
    after = call.integer(AFTER)
    deadline = time.monotonic() + call.integer(WAIT)
    while True:
        events = services.events.of_job(job.id, after)
        left = deadline - time.monotonic()
        if events or job.is_finished or left <= 0 or services.stop.is_set():
            return JobReply(job=services.queue.snapshot(job), events=[*events])
        await services.events.wait_for_job(job.id, left)


def _index(call: Call, job: Job) -> int:
    text = call.path["n"]
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < job.request.count):
        raise BridgeError(
            ErrorCode.NOT_FOUND, f"This job has the results 0 to {job.request.count - 1}, no {text[:20]}."
        )
    index = int(text)
    if index not in job.results:
        raise BridgeError(
            ErrorCode.NOT_READY if not job.is_finished else ErrorCode.NOT_FOUND,
            "This variation is not finished yet." if not job.is_finished else "This variation was never finished.",
        )
    return index


async def result(call: Call) -> FileReply:
    job = _job(call)
    return FileReply(call.services.spool.result(job.id, _index(call, job)), FRAME_TYPE)


async def thumbnail(call: Call) -> FileReply:
    job = _job(call)
    return FileReply(call.services.spool.thumbnail(job.id, _index(call, job)), "image/jpeg")


async def preview(call: Call) -> BytesReply:
    """The newest preview while the job runs."""
    event = call.services.events.latest_preview(_job(call).id)
    if event is None or str(event.data["task"]) != call.path["n"]:
        raise BridgeError(ErrorCode.NOT_READY, "There is no preview of this variation now.")
    return BytesReply(base64.b64decode(event.data["jpeg"]), "image/jpeg")


async def cancel(call: Call) -> JobSnapshot:
    """No effect on a finished job; may be repeated."""
    job = _job(call)
    await call.services.dispatcher.cancel(job)
    return call.services.queue.snapshot(job)


async def delete(call: Call) -> Ok:
    """Forget a finished job and its files. Raises invalid_request while it runs: cancel it first."""
    job = _job(call)
    if not job.is_finished:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "This job is not finished; cancel it before you delete it.")
    await call.services.queue.delete(job)
    return Ok()


async def resubmit(call: Call) -> JobAccepted:
    """Run a finished job's request again as a new job, same seed and all: for what was interrupted or failed. Its model
    is looked up by its name again, since it may lie elsewhere by now.

    The same Idempotency-Key again answers with the job that the first call made. Raises idempotency_conflict.
    """
    services = call.services
    services.check_running()
    old = _job(call)
    key = checked_key(call.headers.get("idempotency-key", ""))
    if not old.is_finished:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "This job has not ended yet; there is nothing to run again.")
    async with services.uploads.lock:
        known = await replayed(services, call.client, key, services.spool.request(old.id))
        if known is not None:
            return accepted(services, known, replayed=True)
        return accepted(services, await _run_again(services, old, call.client, key))


async def _run_again(services: Services, old: Job, client: str, key: str) -> Job:
    if old.other_version:
        raise BridgeError(
            ErrorCode.INCOMPATIBLE_VERSION,
            "This job was made by another version of Layerbridge and cannot be run again with this one. "
            "Start a new job, or use the version that made it.",
        )
    services.queue.check_room(client)
    services.room.check(None)  # a link: no bytes of its own
    model = await services.shelf.resolve(old.request.model)
    identity = new_job_id()
    new = Job(
        id=identity,
        client=client,
        key=key,
        request=old.request,
        model=model,
        created=time.time(),
    )
    try:
        await asyncio.to_thread(services.spool.copy_request, identity, old.id)
        await services.queue.add(new)
    except FileNotFoundError:
        await asyncio.to_thread(services.spool.remove, identity)
        raise BridgeError(
            ErrorCode.NOT_FOUND, "This job's pictures are gone from the spool: start it again from the editor."
        ) from None
    except BaseException:
        await asyncio.to_thread(services.spool.remove, identity)
        raise
    await services.queue.resubmitted(old, identity)
    return new


def accepted(services: Services, job: Job, *, replayed: bool = False) -> JobAccepted:
    snapshot = services.queue.snapshot(job)
    return JobAccepted(
        id=job.id,
        seed=job.seed,
        seq=job.seq,
        model=job.model.name,
        position=snapshot.position or 0,
        replayed=replayed,
    )


ROUTES = (
    serves("history", listing),
    serves("job", poll),
    serves("delete_job", delete),
    serves("result", result),
    serves("thumbnail", thumbnail),
    serves("preview", preview),
    serves("cancel", cancel),
    serves("resubmit", resubmit),
)

"""Calls about jobs: history, long-poll, artifacts, thumbnails, previews, cancel, resubmit, delete."""

from __future__ import annotations

import asyncio
import base64
import time
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..jobs.artifacts import artifact_key
from ..jobs.names import new_job_id
from ..jobs.record import Job
from ..jobs.search import matches, words_of
from ..protocol.messages import ArtifactInfo, JobAccepted, JobList, JobReply, JobSnapshot
from ..protocol.parameters import AFTER, LIMIT, SEARCH, STATE, WAIT
from ..protocol.service import Ok
from .accept import choose
from .call import BytesReply, Call, FileReply, serves
from .ids import Asked, Keys, keys_of
from .pictures import SUFFIXES, not_offered, offered
from .services import Services
from .upload import replayed

VARIES = {"Vary": "Accept"}


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
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < job.num_images):
        raise BridgeError(
            ErrorCode.NOT_FOUND, f"This job has the variations 0 to {job.num_images - 1}, no {text[:20]}."
        )
    index = int(text)
    if index not in job.variations:
        raise BridgeError(
            ErrorCode.NOT_READY if not job.is_finished else ErrorCode.NOT_FOUND,
            "This variation is not finished yet." if not job.is_finished else "This variation was never finished.",
        )
    return index


async def artifact(call: Call) -> FileReply | BytesReply:
    """As it is stored, or as the picture file that the Accept header asks for. That of a live job is given once."""
    job = _job(call)
    role, index = call.path["role"], _index(call, job)
    if (role, index) not in job.artifacts:
        there = ", ".join(sorted(role for role, number in job.artifacts if number == index))
        raise BridgeError(ErrorCode.NOT_FOUND, f"This variation has no {role[:40]}; it has: {there}.")
    made = job.artifacts[role, index]
    spec = job.request.spec.outputs.get(role)
    types = (made.media_type,) if job.is_live else offered(made.media_type, spec.kind if spec else "")
    media_type = choose(call.headers.get("accept", ""), types)
    if media_type is None:
        raise not_offered(types)
    if job.is_live:
        return BytesReply(_taken(call.services, job, made), media_type, VARIES)
    stored, path = made.media_type, call.services.spool.artifact(job.id, role, index)
    if media_type != stored:
        path = await _picture(call.services, job, made, media_type)
    return FileReply(path, media_type, VARIES)


def _taken(services: Services, job: Job, made: ArtifactInfo) -> bytes:
    data = services.queue.live.artifacts.take(artifact_key(job.id, made.role, made.index))
    if data is None:
        raise BridgeError(
            ErrorCode.NOT_FOUND, "This artifact of a live job is gone: it was fetched, or had to make room for others."
        )
    return data


async def _picture(services: Services, job: Job, made: ArtifactInfo, media_type: str) -> Path:
    frame = services.spool.artifact(job.id, made.role, made.index)
    picture = services.spool.picture(job.id, made.role, made.index, SUFFIXES[media_type])
    services.quota.check(made.bytes)
    if await services.pictures.make(frame, media_type, picture):
        await services.queue.measure(job)
    return picture


async def thumbnail(call: Call) -> FileReply:
    job = _job(call)
    if job.is_live:
        raise BridgeError(ErrorCode.NOT_FOUND, "Live jobs have no thumbnails.")
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
    is looked up again, by its key, else as the request names it: it may lie elsewhere by now, or be called otherwise.

    The same Idempotency-Key again answers with the job that the first call made. Raises idempotency_conflict.
    """
    services = call.services
    services.check_running()
    old = _job(call)
    key = keys_of(call.headers).idempotency
    if not old.is_finished:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "This job has not ended yet; there is nothing to run again.")

    async def is_same(known: Job) -> bool:
        return await asyncio.to_thread(_have_same_request, services, old, known)

    async with services.uploads.lock:
        known = await replayed(services, call.client, key, is_same)
        if known is not None:
            return accepted(services, known, replayed=True)
        return accepted(services, await _run_again(services, old, call.client, key))


def _have_same_request(services: Services, old: Job, known: Job) -> bool:
    if old.is_live or known.is_live:
        return old.is_live and known.digest == old.digest
    return services.spool.same_request(known.id, services.spool.request(old.id))


async def _run_again(services: Services, old: Job, client: str, key: str) -> Job:
    if old.other_version:
        raise BridgeError(
            ErrorCode.INCOMPATIBLE_VERSION,
            "This job was made by another version of Layerbridge and cannot be run again with this one. "
            "Start a new job, or use the version that made it.",
        )
    if old.is_live:
        raise BridgeError(ErrorCode.UNSUPPORTED, "The request of a live job is not kept. Send it again.")
    services.queue.check_room(client)
    services.quota.check(None)  # a link: no bytes of its own
    identity, model = new_job_id(), old.model
    added = [] if model is None else [*model.adapters, *([model.refiner] if model.refiner else [])]
    keys = ("", ()) if model is None else (model.key, [one.key for one in added])
    try:
        await asyncio.to_thread(services.spool.copy_request, identity, old.id)
        from .intake import accept  # see routes.py

        new = await accept(old.request, identity, Asked(client, Keys(key), *keys), services)
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
        model=job.model.name if job.model else None,
        position=snapshot.position or 0,
        replayed=replayed,
    )


ROUTES = (
    serves("history", listing),
    serves("job", poll),
    serves("delete_job", delete),
    serves("artifact", artifact),
    serves("thumbnail", thumbnail),
    serves("preview", preview),
    serves("cancel", cancel),
    serves("resubmit", resubmit),
)

"""POST /v1/jobs: a request frame streams into the spool while it arrives, checked as early as its header is there. That
of a live job (of an operation that is ephemeral) is kept in memory.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from io import FileIO
from typing import Any, Protocol

from ..errors import BridgeError, ErrorCode
from ..jobs.artifacts import request_key
from ..jobs.names import is_live_name, live_name, new_job_id
from ..jobs.record import Job
from ..protocol.envelope import JobRequest
from ..protocol.frame import MAX_REQUEST_HEADER_BYTES, PREFIX_BYTES, FrameHeader, decode_header, header_length
from .ids import Asked, Keys
from .services import Services

WRITE_BYTES = 2**20  # one write a megabyte: fewer hops to the writing thread, little memory
STALL_SECONDS = 60.0  # a sender on this machine that is silent for so long has hung


@dataclass(frozen=True)
class Received:
    """A complete, checked request in its store, not yet a job. digest: of one that is in memory; of one in the spool it
    is empty, since its file is there to compare.
    """

    job: str
    request: JobRequest
    digest: bytes = b""


class Body(Protocol):
    """The bytes of a request: aiohttp's StreamReader of an HTTP body, or a SocketBody."""

    async def readexactly(self, n: int, /) -> bytes:
        """Raises asyncio.IncompleteReadError where the body ends before."""
        ...

    async def readany(self) -> bytes:
        """At least one byte; empty at the end."""
        ...


@dataclass(frozen=True)
class Sent:
    """An upload as it begins. length: of the body in bytes, None: not told."""

    body: Body
    length: int | None
    keys: Keys


async def submit(sent: Sent, services: Services, client: str) -> tuple[Job, bool]:
    """Receive a job. Returns it and whether its Idempotency-Key had created it before.

    Raises BridgeError: shutting_down, invalid_frame, invalid_request, too_large, too_many_pixels, queue_full,
    disk_full, model_not_found, idempotency_conflict, superseded.
    """
    uploads, keys = services.uploads, sent.keys
    services.check_running()
    if services.queue.with_key(client, keys.idempotency) is None or not keys.idempotency:
        services.queue.check_room(client, keys.supersedes)
    upload = new_job_id()
    with services.quota.kept_for(upload, sent.length), uploads.under_way(client, keys, upload):
        received = await _receive(sent, services, upload)
        try:
            async with uploads.lock:
                uploads.check_current(client, keys, upload)
                return await _accept(received, services, Asked(client, keys), upload)
        finally:
            if services.queue.get(received.job) is None:
                await _discard(services, received.job)


async def _receive(sent: Sent, services: Services, upload: str) -> Received:
    start = await _read_exactly(sent.body, PREFIX_BYTES)
    length = header_length(start)
    if length > MAX_REQUEST_HEADER_BYTES:
        raise BridgeError(
            ErrorCode.TOO_LARGE,
            f"The request's header is {length} bytes long; {MAX_REQUEST_HEADER_BYTES} is the limit. "
            "Shorten the prompt.",
        )
    text = await _read_exactly(sent.body, length)
    header = decode_header(text)
    from .intake import check  # see routes.py

    request = await check(header, services)
    _check_total(header, sent.length)
    is_live = request.spec.durability == "ephemeral"
    job = live_name(upload) if is_live else upload
    services.quota.promise(upload, 0 if is_live else header.total_bytes)
    take = _into_memory if is_live else _into_spool
    try:
        return Received(job, request, await take(sent.body, services, job, start + text, header.total_bytes))
    except BaseException:
        await _discard(services, job)
        raise


async def _into_spool(body: Body, services: Services, job: str, start: bytes, total: int) -> bytes:
    """Beside the place of the job's request; gives no digest."""
    with services.spool.create(job).open("xb", buffering=0) as file:

        async def write(pieces: list[bytes]) -> None:
            await asyncio.to_thread(_write, file, pieces)
            services.quota.wrote(job, sum(map(len, pieces)))

        await _stream(body, start, total, write)
    return b""


async def _into_memory(body: Body, services: Services, job: str, start: bytes, total: int) -> bytes:
    """As the job's request; gives its SHA-256. Raises too_large or queue_full where there is no room."""
    artifacts, held = services.queue.live.artifacts, list[bytes]()
    artifacts.promise(request_key(job), total)

    async def write(pieces: list[bytes]) -> None:
        held.extend(pieces)

    await _stream(body, start, total, write)
    artifacts.put(request_key(job), held)
    return await asyncio.to_thread(_digest, held)


def _digest(pieces: list[bytes]) -> bytes:
    """Their SHA-256 together."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


async def _discard(services: Services, job: str) -> None:
    """What was received of a request that is no job."""
    if is_live_name(job):
        services.queue.live.artifacts.drop(job)
    else:
        await asyncio.to_thread(services.spool.remove, job)


def _check_total(header: FrameHeader, length: int | None) -> None:
    if length is not None and length != header.total_bytes:
        raise BridgeError(
            ErrorCode.INVALID_FRAME, f"The body is {length} bytes long; its header describes {header.total_bytes}."
        )


async def _read_exactly(body: Body, count: int) -> bytes:
    try:
        return await _in_time(body.readexactly(count))
    except asyncio.IncompleteReadError as error:
        raise BridgeError(
            ErrorCode.INVALID_FRAME, f"The frame ends inside its header ({len(error.partial)} of {count} bytes)."
        ) from None


async def _in_time(reading: Coroutine[Any, Any, bytes]) -> bytes:
    """What `reading` reads. Raises interrupted where nothing arrives for a minute."""
    try:
        async with asyncio.timeout(STALL_SECONDS):
            return await reading
    except TimeoutError:
        raise BridgeError(
            ErrorCode.INTERRUPTED, f"The upload stood still for {STALL_SECONDS:.0f} s and was given up. Send it again."
        ) from None


async def _stream(
    body: Body, start: bytes, total: int, write: Callable[[list[bytes]], Coroutine[Any, Any, None]]
) -> None:
    """Pass `start` and the rest of the body to `write`, one call after another, while the next bytes arrive."""
    received = len(start)
    chunks: list[bytes] = [start]
    waiting = 0
    writing: asyncio.Task[None] | None = None
    try:
        while chunk := await _in_time(body.readany()):
            received += len(chunk)
            waiting += len(chunk)
            chunks.append(chunk)
            if received > total:
                raise BridgeError(ErrorCode.INVALID_FRAME, f"The body goes on after the frame's {total} bytes.")
            if waiting >= WRITE_BYTES:
                if writing is not None:
                    await writing
                writing = asyncio.create_task(write(chunks))
                chunks, waiting = list[bytes](), 0
    finally:
        if writing is not None:
            await writing
    await write(chunks)
    if received != total:
        raise BridgeError(ErrorCode.INVALID_FRAME, f"The body ended after {received} of {total} bytes.")


def _write(file: FileIO, chunks: list[bytes]) -> None:
    """All of `chunks`; a raw file may take only part of a write."""
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            view = view[file.write(view) or 0 :]


async def replayed(services: Services, client: str, key: str, is_same: Callable[[Job], Awaitable[bool]]) -> Job | None:
    """The job that `key` has made of the same request. is_same: whether it is of the same.

    Raises idempotency_conflict where it is of another.
    """
    known = services.queue.with_key(client, key) if key else None
    if known is None:
        return None
    if not await is_same(known):
        raise BridgeError(
            ErrorCode.IDEMPOTENCY_CONFLICT,
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
        )
    return known


async def _accept(received: Received, services: Services, asked: Asked, upload: str) -> tuple[Job, bool]:
    async def is_same(known: Job) -> bool:
        if received.digest or known.is_live:
            return received.digest == known.digest
        return await asyncio.to_thread(services.spool.same_request, known.id, services.spool.part(received.job))

    from .intake import accept  # see routes.py

    known = await replayed(services, asked.client, asked.keys.idempotency, is_same)
    if known is not None:
        return known, True
    services.uploads.check_newest(upload)
    if not received.digest:
        services.spool.commit_request(received.job)
    job = await accept(received.request, received.job, asked, services, received.digest)
    services.uploads.overtake(upload)
    return job, False

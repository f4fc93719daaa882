"""POST /v1/jobs: a request frame streams into the spool while it arrives, checked as early as its header is there."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Protocol

from ..errors import BridgeError, ErrorCode
from ..jobs.names import new_job_id
from ..jobs.record import Job
from ..operations.limits import MAX_SEED
from ..protocol.frame import MAX_REQUEST_HEADER_BYTES, PREFIX_BYTES, FrameHeader, decode_header, header_length
from ..protocol.messages import JobRequest
from ..protocol.requests import job_request
from .call import parse_message
from .ids import checked_key
from .planning import check_options, check_tensors
from .services import Services

WRITE_BYTES = 2**20  # one write a megabyte: fewer hops to the writing thread, little memory
STALL_SECONDS = 60.0  # a sender on this machine that is silent for so long has hung


@dataclass(frozen=True)
class Received:
    """A complete, checked request in the spool, not yet a job."""

    job: str
    part: Path
    request: JobRequest


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
    """An upload as it begins. length: of the body in bytes, None: not told. key: the Idempotency-Key, or ""."""

    body: Body
    length: int | None
    key: str


async def submit(sent: Sent, services: Services, client: str) -> tuple[Job, bool]:
    """Receive a job. Returns it and whether its Idempotency-Key had created it before.

    Raises BridgeError: shutting_down, invalid_frame, invalid_request, too_large, too_many_pixels, queue_full,
    disk_full, model_not_found, idempotency_conflict.
    """
    uploads = services.uploads
    services.check_running()
    key = checked_key(sent.key)
    if services.queue.with_key(client, key) is None or not key:
        services.queue.check_room(client)
    upload = new_job_id()
    with services.room.kept_for(upload, sent.length), uploads.under_way(client, key, upload):
        received = await _receive(sent, services, upload)
        try:
            async with uploads.lock:
                uploads.check_current(client, key, upload)
                return await _accept(received, services, client, key)
        finally:
            if services.queue.get(upload) is None:
                await asyncio.to_thread(services.spool.remove, upload)


async def _receive(sent: Sent, services: Services, upload: str) -> Received:
    part = services.spool.create(upload)
    try:
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
        request = parse_message(job_request(services.operations), header.message)
        check_options(request)
        check_tensors(request, header)
        await services.shelf.resolve(request.model)
        _check_total(header, sent.length)
        services.room.promise(upload, header.total_bytes)
        await _stream(sent.body, part, start + text, header.total_bytes, lambda n: services.room.wrote(upload, n))
    except BaseException:
        await asyncio.to_thread(services.spool.remove, upload)
        raise
    return Received(upload, part, request)


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


async def _stream(body: Body, part: Path, start: bytes, total: int, wrote: Callable[[int], None]) -> None:
    """Write `start` and the rest of the body, in another thread, while the next bytes arrive.

    wrote: told of every piece that is in the file.
    """
    received = len(start)
    chunks: list[bytes] = [start]
    waiting = 0
    with part.open("xb", buffering=0) as file:
        writing: asyncio.Task[None] | None = None

        async def write(pieces: list[bytes]) -> None:
            await asyncio.to_thread(_write, file, pieces)
            wrote(sum(map(len, pieces)))

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


async def replayed(services: Services, client: str, key: str, request: Path) -> Job | None:
    """The job that `key` has made of the same request. Raises idempotency_conflict where it was of another."""
    known = services.queue.with_key(client, key) if key else None
    if known is None:
        return None
    if not await asyncio.to_thread(services.spool.same_request, known.id, request):
        raise BridgeError(
            ErrorCode.IDEMPOTENCY_CONFLICT,
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
        )
    return known


async def _accept(received: Received, services: Services, client: str, key: str) -> tuple[Job, bool]:
    known = await replayed(services, client, key, received.part)
    if known is not None:
        return known, True
    services.queue.check_room(client)
    request = received.request
    model = await services.shelf.resolve(request.model)
    seed = secrets.randbelow(MAX_SEED - request.count + 2) if request.seed is None else request.seed
    services.spool.commit_request(received.job)
    job = Job(
        id=received.job,
        client=client,
        key=key,
        request=request.model_copy(update={"seed": seed, "model": model.name}),
        model=model,
        created=time.time(),
    )
    await services.queue.add(job)
    return job, False

"""Where every job comes in, whoever asks: an envelope is checked, and with its request in the spool it becomes a job.

What reads requests (frames over HTTP and the WebSocket, a job that is run again, other programs' interfaces) puts the
frame into the spool itself, and calls `check` before and `accept` after.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..errors import BridgeError, ErrorCode
from ..families.references import check_references, reference_roles
from ..faults import describe_fault
from ..jobs.record import Job
from ..models.adapters import check_fits
from ..models.described import LORA
from ..operations.limits import MAX_SEED
from ..plan.plan_input import SHOWN
from ..protocol.envelope import REFINER, JobRequest
from ..protocol.frame import FrameHeader
from ..protocol.instead import job_instead, other_operation
from ..protocol.requests import job_request
from ..protocol.tasks import AdapterRef, ModelRef
from .by_example import check_sampled, fill_of_job, fills_by_example
from .call import parse_message
from .ids import Asked
from .inputs import check_mentions, check_tensors, check_texts
from .models import check_options
from .services import Services

log = logging.getLogger(__name__)


async def check(header: FrameHeader, services: Services) -> JobRequest:
    """The envelope of a request frame, as soon as its header is there: all that can be said before its pixels.

    Raises BridgeError: invalid_request, too_many_pixels, empty_selection, unsupported, model_not_found.
    """
    message: dict[str, Any] = header.message
    request = parse_message(job_request(services.operations), message)
    check_tensors(request, header)
    check_mentions(request)
    check_texts(request)
    await model_for(request, services)
    return request


async def accept(request: JobRequest, stored: str, asked: Asked, services: Services, digest: bytes = b"") -> Job:
    """A job whose request frame lies complete in the store of the job `stored`. What the request leaves open (model,
    seed) is chosen; when this returns a durable one is on the disk, and those whose place it takes are cancelled.

    digest: of the request of a live one.

    Raises BridgeError: queue_full, invalid_request, model_not_found.
    """
    services.queue.check_room(asked.client, asked.keys.supersedes)
    model, options = await model_for(request, services, asked.model, asked.adapters), request.options
    seed = secrets.randbelow(MAX_SEED - options.num_images + 2) if options.seed is None else options.seed
    job = Job(
        id=stored,
        client=asked.client,
        key=asked.keys.idempotency,
        supersedes=asked.keys.supersedes,
        request=request.resolved(seed, model),
        model=model,
        created=time.time(),
        digest=digest,
    )
    await services.queue.add(job)
    for older in services.queue.giving_way_to(job):
        await _supersede(services, older, job)
    return job


async def _supersede(services: Services, older: Job, newer: Job) -> None:
    """Where the disk is full it waits on: the newer one is a job all the same, and the next start cancels this one."""
    older.superseded_by = newer.id
    try:
        await services.dispatcher.cancel(older)
    except (OSError, sqlite3.Error) as error:
        older.superseded_by = ""
        log.error("job %s could not give way to a newer one: %s", older.id, describe_fault(error))


async def model_for(
    request: JobRequest, services: Services, key: str = "", adapters: Sequence[str] = ()
) -> ModelRef | None:
    """The model that paints with what is added to it, or the network that the request names, best those with these
    keys; None: none, or what comes with Layerbridge.

    Raises invalid_request (also where an option is out of the model's range), model_not_found, or the reason why the
    model, or an adapter with it, cannot be used.
    """
    added = [*request.adapters, *request.refiners]
    if len(request.models) > len(added) + 1:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "models: one model paints, and several are named.")
    if added and not request.spec.takes_adapters:
        text = f"models: {request.operation} paints with no model that a {added[0].role} could be added to."
        raise BridgeError(ErrorCode.INVALID_REQUEST, text)
    instead = await _instead(request, services, key)
    if instead is not None:
        return await model_for(instead, services, key, adapters)
    role = request.spec.requires.network
    if request.paints_beside:
        if request.models:
            text = "models: what a model paints goes with the network that comes along. Leave the model out."
            raise BridgeError(ErrorCode.INVALID_REQUEST, text)
        return await services.models.resolve(None, key)
    if role:
        return await services.models.resolve(request.base_model, key, role=role) if request.models else None
    if not request.spec.requires.model:
        if request.models:
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"models: {request.operation} uses no model.")
        return None
    if not key:
        asked = fill_of_job(request)
        by_example = await fills_by_example(asked, services.models)
        check_sampled(asked, by_example)
        if by_example and added:
            raise BridgeError(ErrorCode.INVALID_REQUEST, "models: nothing can be added where no model paints.")
        if by_example:
            return None
    model = await services.models.resolve(request.base_model, key, operation=request.spec)
    family = services.families.get(model.family)
    if family is not None:
        check_options(request.own, model, family.spec)
        edits = request.spec.planner in SHOWN
        check_references(family.spec, len(reference_roles(request.inputs)), model.name, edits=edits)
    if request.adapters:
        model = replace(model, adapters=await _adapters(request, model, services, adapters))
    return await _refined(request, model, services, adapters) if request.refiners else model


async def _instead(request: JobRequest, services: Services, key: str) -> JobRequest | None:
    """What the job becomes where the model cannot do it (protocol/instead.py); None: it can, or nothing else does."""
    if other_operation(request.spec, request.own) is None:
        return None
    able = await services.models.is_able(request.base_model, key, operation=request.spec)
    return None if able else job_instead(request)


async def _refined(request: JobRequest, base: ModelRef, services: Services, keys: Sequence[str]) -> ModelRef:
    """The model with its refiner, whose key comes after those of the adapters."""
    use, *others = request.refiners
    if others:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "models: one refiner finishes, and several are named.")
    known = keys[len(request.adapters) :]
    refiner = await services.models.resolve(use.model, known[0] if known else "", role=REFINER)
    spec = services.families.named(base.family).spec
    if refiner.family not in spec.refiners:
        why = f"{refiner.name} does not fit {base.name}: no refiner is known for {spec.title}. Leave it out."
        if spec.refiners:
            why = f"{refiner.name} is no refiner for {base.name}, which is {spec.title}. Choose another one."
        raise BridgeError(ErrorCode.UNSUPPORTED, why)
    return replace(base, refiner=refiner, refined_from=use.start)


async def _adapters(
    request: JobRequest, base: ModelRef, services: Services, keys: Sequence[str]
) -> tuple[AdapterRef, ...]:
    found: list[AdapterRef] = []
    for number, use in enumerate(request.adapters):
        if use.role != LORA:
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"models: this version of Layerbridge has no role {use.role}.")
        adapter = await services.models.resolve(use.model, keys[number] if number < len(keys) else "", role=use.role)
        if adapter.path in {known.path for known in found}:
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"models: {adapter.name} is named twice.")
        await asyncio.to_thread(check_fits, adapter, base, services.families)
        found.append(AdapterRef(adapter.name, adapter.path, use.role, use.weight, adapter.key))
    return tuple(found)

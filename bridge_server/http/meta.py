"""Calls about the daemon itself: hello, pairing, clients, status, shutdown, the contract."""

from __future__ import annotations

import asyncio
import os
import time

from .. import __version__
from ..protocol.openapi import build_openapi
from ..protocol.operations import OperationList, operation_list
from ..protocol.service import ClientList, Hello, Ok, PairingCode, PairReply, PairRequest, Status
from .call import Call, JsonReply, serves
from .connections import UNAUTHORIZED_CLOSE

FEATURES = ("operations", "long-poll", "socket", "previews", "thumbnails", "resubmit")  # besides the operations


async def hello(call: Call) -> Hello:
    services = call.services
    features = [*services.operations.names, *FEATURES]
    return Hello(version=__version__, instance=services.instance, home=services.home_id, features=features)


async def pair(call: Call) -> PairReply:
    request = call.read(PairRequest)
    return await call.services.auth.pair(request.code, request.client, request.client_id)


async def pairing_code(call: Call) -> PairingCode:
    return call.services.auth.make_code()


async def clients(call: Call) -> ClientList:
    return ClientList(clients=await call.services.auth.clients())


async def revoke(call: Call) -> Ok:
    await call.services.auth.revoke(call.path["client"])
    await call.services.connections.close(call.path["client"], UNAUTHORIZED_CLOSE, b"no longer paired")
    return Ok()


async def status(call: Call) -> Status:
    services = call.services
    return Status(
        version=__version__,
        instance=services.instance,
        pid=os.getpid(),
        uptime_seconds=time.time() - services.started,
        addresses=list(services.addresses),
        jobs=services.queue.counts(),
        spool_bytes=services.queue.spool_bytes(),
        devices=services.executor.devices(),
        clients=await services.auth.clients(),
        log=str(services.options.home.log),
        remarks=[*services.remarks, *await asyncio.to_thread(services.spool.remarks)],
    )


async def shutdown(call: Call) -> Ok:
    call.services.stop.set()
    return Ok()


async def operations(call: Call) -> OperationList:
    return operation_list(call.services.operations)


async def openapi(call: Call) -> JsonReply:
    return JsonReply(build_openapi(call.services.operations))


ROUTES = (
    serves("hello", hello),
    serves("pair", pair),
    serves("operations", operations),
    serves("openapi", openapi),
    serves("pairing_code", pairing_code),
    serves("clients", clients),
    serves("revoke_client", revoke),
    serves("status", status),
    serves("shutdown", shutdown),
)

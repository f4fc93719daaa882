"""The aiohttp application: routes, the one error envelope, and the checks every request passes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode, web
from pydantic import BaseModel

from ..errors import BridgeError, ErrorCode
from . import jobs, meta, models, planning
from .auth import Caller
from .call import Access, BytesReply, Call, FileReply, JsonReply, Reply, Route, as_bridge_error
from .jobs import accepted
from .origin import check_host, check_origin
from .services import SERVICES, Services
from .socket import serve_socket
from .upload import Sent, submit

log = logging.getLogger(__name__)

ROUTES: tuple[Route, ...] = (*meta.ROUTES, *planning.ROUTES, *jobs.ROUTES, *models.ROUTES)
HTTP_ERRORS = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED, 413: ErrorCode.TOO_LARGE}
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def make_app(services: Services) -> web.Application:
    """The daemon's HTTP face; `services` must be ready."""
    app = web.Application(middlewares=[envelope], client_max_size=services.options.limits.json_bytes)
    app[SERVICES] = services

    async def post_job(request: web.Request) -> web.StreamResponse:
        caller = await admit(request, services, "client")
        sent = Sent(request.content, request.content_length, request.headers.get("Idempotency-Key", ""))
        job, replayed = await submit(sent, services, caller.client)
        return await respond(accepted(services, job, replayed=replayed), 202)

    async def get_socket(request: web.Request) -> web.StreamResponse:
        check_request(request, services, has_valid_token=False)
        return await serve_socket(request, services, ROUTES, services.connections)

    async def close_sockets(app: web.Application) -> None:
        await services.connections.close(None, WSCloseCode.GOING_AWAY, b"Layerbridge is stopping")

    app.on_shutdown.append(close_sockets)
    app.router.add_post("/v1/jobs", post_job)
    app.router.add_get("/v1/socket", get_socket)
    for route in ROUTES:
        app.router.add_route(route.method, route.pattern, adapt(route, services))
    return app


def adapt(route: Route, services: Services) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """An aiohttp handler around a transport-free one."""

    async def handle(request: web.Request) -> web.StreamResponse:
        caller = await admit(request, services, route.access)
        body = await request.read() if request.can_read_body else b""
        call = Call(services, caller.client, request.match_info, request.query, body, request.headers)
        return await respond(await route.handler(call), route.status)

    return handle


async def admit(request: web.Request, services: Services, access: Access) -> Caller:
    """Check Host, Origin and token. Raises forbidden_host, forbidden_origin, unauthorized."""
    check_host(request.headers.get("Host"), services.port, services.options.allowed_hosts)
    caller = Caller("", is_owner=False)
    if access != "open":
        caller = await services.auth.identify(request.headers.get("Authorization"))
    check_request(request, services, has_valid_token=access != "open")
    if access == "owner" and not caller.is_owner:
        raise BridgeError(
            ErrorCode.UNAUTHORIZED, "Only the owner of this daemon may do that: use the `layerbridge` command."
        )
    return caller


def check_request(request: web.Request, services: Services, *, has_valid_token: bool) -> None:
    allowed = services.options.allowed_hosts
    check_host(request.headers.get("Host"), services.port, allowed)
    check_origin(request.headers.get("Origin"), services.port, allowed, has_valid_token=has_valid_token)


async def respond(reply: Reply, status: int) -> web.StreamResponse:
    match reply:
        case FileReply():
            if not reply.path.exists():
                raise BridgeError(ErrorCode.NOT_FOUND, "The file of this result is gone from the spool.")
            return web.FileResponse(reply.path, headers={**HEADERS, "Content-Type": reply.content_type})
        case BytesReply():
            return web.Response(body=reply.data, content_type=reply.content_type, headers=HEADERS)
        case JsonReply():
            return web.json_response(reply.value, headers=HEADERS)
        case BaseModel():
            return web.Response(
                text=reply.model_dump_json(), content_type="application/json", status=status, headers=HEADERS
            )


def error_response(error: BridgeError) -> web.Response:
    return web.json_response(error.envelope(), status=error.status, headers=HEADERS)


@web.middleware
async def envelope(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every failure becomes `{code, message, detail}`; a fault of ours is logged and never shown as a trace."""
    try:
        return await handler(request)
    except BridgeError as error:
        return error_response(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = HTTP_ERRORS.get(error.status, ErrorCode.INVALID_REQUEST)
        return error_response(BridgeError(code, f"{request.method} {request.path}: {error.reason}."))
    except (ConnectionError, TimeoutError):
        raise
    except Exception as error:
        log.exception("%s %s", request.method, request.path)
        return error_response(as_bridge_error(error))

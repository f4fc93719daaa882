"""The aiohttp application: routes, the one error envelope, and the checks every request passes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import WSCloseCode, web
from pydantic import BaseModel

from ..errors import BridgeError, ErrorCode
from ..protocol.endpoints import SOCKET, SUBMIT, Access
from . import jobs
from .auth import Caller
from .call import BytesReply, Call, FileReply, JsonReply, Reply, Route, as_bridge_error
from .ids import keys_of
from .jobs import accepted
from .origin import check_host, check_origin, loggable, own_names
from .routes import ROUTES
from .services import SERVICES, Services
from .socket import serve_socket
from .strangers import BODY_SECONDS
from .upload import Sent, submit

log = logging.getLogger(__name__)

HTTP_ERRORS = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED, 413: ErrorCode.TOO_LARGE}
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def make_app(services: Services) -> web.Application:
    """The daemon's HTTP face; `services` must be ready."""
    app = web.Application(middlewares=[envelope], client_max_size=services.options.limits.json_bytes)
    app[SERVICES] = services

    async def post_job(request: web.Request) -> web.StreamResponse:
        caller = await admit(request, services, SUBMIT.access)
        sent = Sent(request.content, request.content_length, keys_of(request.headers))
        job, replayed = await submit(sent, services, caller.client)
        return await respond(accepted(services, job, replayed=replayed), SUBMIT.status)

    async def get_socket(request: web.Request) -> web.StreamResponse:
        check_request(request, services, has_valid_token=False)
        return await serve_socket(request, services, ROUTES, services.connections)

    async def close_sockets(app: web.Application) -> None:
        await services.connections.close(None, WSCloseCode.GOING_AWAY, b"Layerbridge is stopping")

    async def look(request: web.Request, response: web.StreamResponse) -> None:
        if request.transport is not None:  # else nobody hears it
            services.contract.answered(request.method, request.path, response)

    app.on_shutdown.append(close_sockets)
    if services.contract.looks:
        app.on_response_prepare.append(look)
    app.router.add_route(SUBMIT.method, SUBMIT.path, post_job)
    app.router.add_route(SOCKET.method, SOCKET.path, get_socket)
    for route in ROUTES:
        app.router.add_route(route.endpoint.method, route.endpoint.path, adapt(route, services))
    return app


def adapt(route: Route, services: Services) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """An aiohttp handler around a transport-free one."""

    async def handle(request: web.Request) -> web.StreamResponse:
        caller = await admit(request, services, route.endpoint.access)
        body = await read_body(request) if route.endpoint.takes is not None and request.can_read_body else b""
        call = Call(services, caller.client, request.match_info, request.query, body, headers_of(request))
        return await respond(await route.handler(call), route.endpoint.status)

    return handle


def headers_of(request: web.Request) -> dict[str, str]:
    """By names in lower case. Several lines of one name are one list (RFC 9110, section 5.3)."""
    return {name.lower(): ", ".join(request.headers.getall(name)) for name in request.headers}


async def admit(request: web.Request, services: Services, access: Access) -> Caller:
    """Check Host, Origin and token. Raises forbidden_host, forbidden_origin, unauthorized."""
    check_host(request.headers.get("Host"), services.port, own_names(request, services.options.allowed_hosts))
    caller = Caller("", is_owner=False)
    if access != "open":
        caller = await services.auth.identify(request.headers.get("Authorization"))
        services.strangers.know(request.protocol)
    check_request(request, services, has_valid_token=access != "open")
    if access == "owner" and not caller.is_owner:
        raise BridgeError(
            ErrorCode.UNAUTHORIZED, "Only the owner of this daemon may do that: use the `layerbridge` command."
        )
    return caller


def check_request(request: web.Request, services: Services, *, has_valid_token: bool) -> None:
    names = own_names(request, services.options.allowed_hosts)
    origin = request.headers.get("Origin")
    check_host(request.headers.get("Host"), services.port, names)
    try:
        check_origin(origin, services.port, names, has_valid_token=has_valid_token, scheme=services.scheme)
    except BridgeError:
        log.warning("refused a request with the origin %s", loggable(origin or ""))
        raise


async def read_body(request: web.Request) -> bytes:
    """A JSON body. Raises invalid_request where it does not come."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise BridgeError(
            ErrorCode.INVALID_REQUEST, f"The body did not come within {BODY_SECONDS:.0f} s. Send it again."
        ) from None


async def respond(reply: Reply, status: int) -> web.StreamResponse:
    match reply:
        case FileReply():
            reply.check()
            return web.FileResponse(
                reply.path, headers={**HEADERS, **reply.headers, "Content-Type": reply.content_type}
            )
        case BytesReply():
            return web.Response(body=reply.data, content_type=reply.content_type, headers={**HEADERS, **reply.headers})
        case JsonReply():
            return web.json_response(reply.value, headers=HEADERS)
        case BaseModel():
            return web.Response(
                text=reply.model_dump_json(), content_type="application/json", status=status, headers=HEADERS
            )


def error_response(error: BridgeError, headers: Mapping[str, str] = HEADERS) -> web.Response:
    if error.code is ErrorCode.NOT_ACCEPTABLE:
        headers = {**headers, **jobs.VARIES}
    return web.json_response(error.envelope(), status=error.status, headers=headers)


def _pattern(request: web.Request) -> str:
    """The call without its values, for the log."""
    resource = request.match_info.route.resource
    return "no call" if resource is None else resource.canonical


@web.middleware
async def envelope(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every failure becomes `{code, message, detail}`; a fault of ours is logged."""
    try:
        return await handler(request)
    except BridgeError as error:
        return error_response(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = HTTP_ERRORS.get(error.status, ErrorCode.INVALID_REQUEST)
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return error_response(BridgeError(code, f"{request.method} {request.path}: {error.reason}."), HEADERS | allow)
    except (ConnectionError, TimeoutError, web.RequestPayloadError) as error:
        error.__traceback__ = None  # the body's stream keeps the error: a cycle that would hold all that was received
        return error_response(
            BridgeError(ErrorCode.INVALID_REQUEST, "The connection ended before the body. Send it again.")
        )
    except Exception as error:  # a fault of ours is answered in the same form, and never with a trace
        log.exception("%s %s", request.method, _pattern(request))
        return error_response(as_bridge_error(error))

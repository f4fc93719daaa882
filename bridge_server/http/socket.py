"""GET /v1/socket: events as they come, and the same calls as over HTTP, for hosts that refuse HTTP.

First message from the client: `{token, after?, events?}`; answer `{hello: true, seq}`. Before it, calls that need no
token are answered, so that a client can pair. Then each call is `{rid, method, path, headers?, body?}`, and its answer
`{rid, status, body}`. A call with `{bytes, chunks}` and no body is followed by that many binary messages of at most
1 MiB, and files are answered the same way. Events are `{event: {...}}`, of the types that `events` lists, from `after`
on where it is still known.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from urllib.parse import SplitResult, parse_qsl, urlsplit

from aiohttp import WSMessage, WSMsgType, web
from pydantic import BaseModel

from ..errors import BridgeError, ErrorCode
from ..protocol.endpoints import SUBMIT, Access
from ..protocol.messages import EVENT_TYPES, JobAccepted
from .auth import Caller
from .call import BytesReply, Call, FileReply, JsonReply, Reply, Route, as_bridge_error
from .connections import UNAUTHORIZED_CLOSE, Connections
from .ids import keys_of
from .jobs import accepted
from .services import Services
from .socket_body import SocketBody
from .upload import Sent, submit

log = logging.getLogger(__name__)

CHUNK_BYTES = 2**20
MESSAGE_BYTES = CHUNK_BYTES + 64 * 1024
HEADER_LENGTH = 8190  # characters of a header's value: what aiohttp takes over HTTP
HEARTBEAT_SECONDS = 30.0
TOKEN_SECONDS = 10.0
CALLS_AT_ONCE = 8  # of one socket; more wait, so that memory stays bounded
CALLS_BEFORE_TOKEN = 8  # hello, and a few tries at a pairing code


async def serve_socket(
    request: web.Request, services: Services, routes: Sequence[Route], connections: Connections
) -> web.WebSocketResponse:
    """One connection, until either side closes it. Jobs go on whatever happens to it."""
    socket = web.WebSocketResponse(compress=False, max_msg_size=MESSAGE_BYTES, heartbeat=HEARTBEAT_SECONDS)
    await socket.prepare(request)
    try:
        greeting = await _greet(socket, services, routes)
    except BridgeError as error:
        with contextlib.suppress(ConnectionError):
            await socket.send_json({"error": error.envelope()})
            await socket.close(code=UNAUTHORIZED_CLOSE, message=b"not paired")
        return socket
    services.strangers.know(request.protocol)
    connection = Connection(socket, services, greeting.caller, routes)
    with connections.holding(socket, greeting.caller.client):
        events = asyncio.create_task(connection.send_events(greeting.after, greeting.events))
        try:
            await connection.answer_calls()
        finally:
            events.cancel()
            await asyncio.gather(events, return_exceptions=True)
    return socket


@dataclass(frozen=True)
class Greeting:
    """Who connects, and which events are wanted: of a higher number than `after`, of these types."""

    caller: Caller
    after: int
    events: frozenset[str]


async def _greet(socket: web.WebSocketResponse, services: Services, routes: Sequence[Route]) -> Greeting:
    """Answer the calls that need no token until the token comes. Raises unauthorized, invalid_request."""
    message = await _first(socket)
    stranger = Connection(socket, services, Caller("", is_owner=False), routes)
    for _ in range(CALLS_BEFORE_TOKEN):
        if "method" not in message:
            break
        await stranger.answer(message)
        message = await _first(socket)
    caller = await services.auth.identify(f"Bearer {message.get('token', '')}")
    after = message.get("after", services.events.last)
    if type(after) is not int:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "after must be a whole number.")
    greeting = Greeting(caller, after, _wanted(message.get("events", [*EVENT_TYPES])))
    await socket.send_json({"hello": True, "seq": services.events.last})
    return greeting


def _wanted(events: Any) -> frozenset[str]:
    """The types of events that are pushed; those that are not known are never there. Raises invalid_request."""
    names: list[Any] = cast("list[Any]", events) if isinstance(events, list) else [None]
    if not all(isinstance(name, str) for name in names):
        raise BridgeError(ErrorCode.INVALID_REQUEST, "events must be a list of the types that are wanted.")
    return frozenset(names)


async def _first(socket: web.WebSocketResponse) -> dict[str, Any]:
    try:
        first = await socket.receive(timeout=TOKEN_SECONDS)
    except TimeoutError:
        raise BridgeError(ErrorCode.UNAUTHORIZED, "The first message must carry the token.") from None
    return _parse(first.data if first.type == WSMsgType.TEXT else "")


def _parse(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise BridgeError(ErrorCode.INVALID_REQUEST, "A message must be a JSON object.") from None
    if not isinstance(value, dict):
        raise BridgeError(ErrorCode.INVALID_REQUEST, "A message must be a JSON object.")
    return cast("dict[str, Any]", value)


def _target(message: dict[str, Any]) -> tuple[str, SplitResult]:
    """The method and the address of a call. Raises invalid_request."""
    try:
        return str(message.get("method", "GET")), urlsplit(str(message.get("path", "")))
    except ValueError:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "path is no address.") from None


def _headers(call: dict[str, Any]) -> dict[str, str]:
    """By their names in lower case; one that is null is not there. Raises invalid_request."""
    given = call.get("headers")
    named = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    headers = {name.lower(): str(value) for name, value in named.items() if value is not None}
    if any(len(value) > HEADER_LENGTH for value in headers.values()):
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"A header may have {HEADER_LENGTH} characters.")
    return headers


def _announced_body(call: dict[str, Any]) -> SocketBody | None:
    """What a call with `bytes` and `chunks` is followed by. Raises invalid_request."""
    if "chunks" not in call and "bytes" not in call:
        return None
    length, chunks = call.get("bytes"), call.get("chunks")
    if type(length) is not int or length < 0 or type(chunks) is not int or chunks < 0:
        raise BridgeError(ErrorCode.INVALID_REQUEST, "bytes and chunks must say how many bytes and messages follow.")
    return SocketBody(length)


def match_route(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a call and the values of its {names}. Raises not_found, method_not_allowed."""
    known = False
    for route in routes:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.endpoint.path)
        found = re.fullmatch(pattern, path)
        if found and route.endpoint.method == method:
            return route, found.groupdict()
        known = known or bool(found)
    code = ErrorCode.METHOD_NOT_ALLOWED if known else ErrorCode.NOT_FOUND
    raise BridgeError(code, f"{method} {path} is no call of this version.")


class Connection:
    """A greeted socket. Replies and events share it; a file's chunks are never interleaved with another message."""

    def __init__(
        self, socket: web.WebSocketResponse, services: Services, caller: Caller, routes: Sequence[Route]
    ) -> None:
        self._socket = socket
        self._services = services
        self._caller = caller
        self._routes = routes
        self._sending = asyncio.Lock()

    async def send_events(self, after: int, wanted: Set[str] = frozenset(EVENT_TYPES)) -> None:
        """Those of a higher number than `after`, of the types in `wanted`; returns at once where nothing is wanted."""
        events = self._services.events
        while wanted:
            last = events.last  # before sending: what is logged meanwhile is for the next round
            for event in events.of_client(self._caller.client, after):
                if event.type not in wanted:
                    continue
                async with self._sending:
                    await self._socket.send_str(f'{{"event":{event.text}}}')
            after = max(after, last)
            if events.last == last:
                await events.wait_for_client(self._caller.client, HEARTBEAT_SECONDS)

    async def answer_calls(self) -> None:
        slots = asyncio.Semaphore(CALLS_AT_ONCE)
        async with asyncio.TaskGroup() as calls:
            early: WSMessage | None = None
            while (message := early or await self._socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                early, rid = None, None
                try:
                    call = _parse(message.data)
                    rid = call.get("rid")
                    body = _announced_body(call)
                except BridgeError as error:
                    await self._refuse(rid, error)
                    continue
                await slots.acquire()
                calls.create_task(self.answer(call, body)).add_done_callback(lambda _: slots.release())
                early = await self._receive(body) if body is not None else None

    async def _receive(self, body: SocketBody) -> WSMessage | None:
        """Pass on the bytes that were announced; gives a message of another kind that came before their end."""
        left = body.length
        while left > 0:
            message = await self._socket.receive()
            if message.type != WSMsgType.BINARY:
                await body.end()
                return message
            left -= len(message.data)
            await body.feed(message.data)
        await body.end()
        return None

    async def answer(self, message: dict[str, Any], body: SocketBody | None = None) -> None:
        """A call that fails is answered with an envelope; one whose connection is gone is not answered."""
        rid = message.get("rid")
        try:
            with contextlib.suppress(ConnectionError):
                await self._call(rid, message, body)
        except BridgeError as error:
            await self._refuse(rid, error, message)
        except Exception as error:  # a fault of ours in one call must not end the others of this connection
            log.exception("a call over the socket")
            await self._refuse(rid, as_bridge_error(error), message)
        finally:
            if body is not None:
                await body.abandon()

    async def _call(self, rid: Any, message: dict[str, Any], body: SocketBody | None) -> None:
        method, target = _target(message)
        if body is not None or (method, target.path) == (SUBMIT.method, SUBMIT.path):
            return await self._reply(rid, SUBMIT.status, await self._submit(message, method, target.path, body))
        route, names = match_route(self._routes, method, target.path)
        self._admit(route.endpoint.access)
        content = json.dumps(message["body"]).encode() if "body" in message else b""
        query = dict(parse_qsl(target.query))
        call = Call(self._services, self._caller.client, names, query, content, _headers(message))
        return await self._reply(rid, route.endpoint.status, await route.handler(call))

    async def _submit(self, message: dict[str, Any], method: str, path: str, body: SocketBody | None) -> JobAccepted:
        """A job, as POST /v1/jobs takes it."""
        if (method, path) != (SUBMIT.method, SUBMIT.path):
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"{method} {path} takes a JSON body, not bytes.")
        self._admit(SUBMIT.access)
        if body is None:
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"{method} {path} needs bytes and chunks, and then the frame.")
        sent = Sent(body, body.length, keys_of(_headers(message)))
        job, replayed = await submit(sent, self._services, self._caller.client)
        return accepted(self._services, job, replayed=replayed)

    def _admit(self, access: Access) -> None:
        """Raises unauthorized."""
        if access != "open" and not self._caller.client:
            raise BridgeError(ErrorCode.UNAUTHORIZED, "Send the token first, or pair: run `layerbridge pair`.")
        if access == "owner" and not self._caller.is_owner:
            raise BridgeError(ErrorCode.UNAUTHORIZED, "Only the owner of this daemon may do that.")

    async def _refuse(self, rid: Any, error: BridgeError, message: dict[str, Any] | None = None) -> None:
        if message is not None and error.code is not ErrorCode.INVALID_REQUEST:
            method, target = _target(message)
            self._services.contract.refused_message(method, target.path, error.code)
        with contextlib.suppress(ConnectionError):
            await self._send({"rid": rid, "status": error.status, "body": error.envelope()})

    async def _reply(self, rid: Any, status: int, reply: Reply) -> None:
        match reply:
            case FileReply():
                reply.check()
                with reply.path.open("rb") as file:
                    await self._send_file(rid, file, reply.path.stat().st_size, reply.content_type)
            case BytesReply():
                await self._send_file(rid, io.BytesIO(reply.data), len(reply.data), reply.content_type)
            case JsonReply():
                await self._send({"rid": rid, "status": status, "body": reply.value})
            case BaseModel():
                await self._send({"rid": rid, "status": status, "body": reply.model_dump(mode="json")})

    async def _send(self, message: dict[str, Any]) -> None:
        async with self._sending:
            await self._socket.send_json(message)

    async def _send_file(self, rid: Any, file: BinaryIO, size: int, content_type: str) -> None:
        """In chunks, each read when the one before is sent."""
        chunks = -(-size // CHUNK_BYTES)
        head = {"rid": rid, "status": 200, "content_type": content_type, "bytes": size, "chunks": chunks}
        async with self._sending:
            await self._socket.send_json(head)
            for _ in range(chunks):
                await self._socket.send_bytes(await asyncio.to_thread(file.read, CHUNK_BYTES))

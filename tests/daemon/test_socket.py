"""The WebSocket: greeting, events as they come, calls, files in chunks, resuming."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from bridge_server.http.auth import Caller
from bridge_server.http.services import Services
from bridge_server.http.socket import Connection
from bridge_server.jobs.events import EventLog
from tests.support.daemon import Daemon
from tests.support.requests import frame


@asynccontextmanager
async def connected(daemon: Daemon, **first: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_json({"token": daemon.secret, **first})
        yield socket


async def answer_to(socket: aiohttp.ClientWebSocketResponse, rid: int) -> dict[str, Any]:
    while True:
        message = json.loads((await socket.receive(timeout=30)).data)
        if message.get("rid") == rid:
            return message


async def test_events_come_as_they_happen_and_calls_are_answered(daemon: Daemon) -> None:
    async with connected(daemon) as socket:
        assert (await socket.receive_json())["hello"] is True
        job = (await asyncio.to_thread(daemon.submit, frame(steps=3)))["id"]
        seen: list[dict[str, Any]] = []
        while not any(event["data"].get("state") == "done" for event in seen):
            message = json.loads((await socket.receive(timeout=60)).data)
            seen += [message["event"]] if message["event"]["job"] == job else []
        assert [event["type"] for event in seen if event["type"] in ("result", "state")][-2:] == ["result", "state"]
        await socket.send_json({"rid": 7, "method": "GET", "path": f"/v1/jobs/{job}?after=0"})
        answer = await answer_to(socket, 7)
        assert answer["status"] == 200
        assert answer["body"]["job"]["state"] == "done"


async def test_files_come_in_chunks(daemon: Daemon) -> None:
    job = (await asyncio.to_thread(daemon.submit, frame("img2img", side=1024, steps=1)))["id"]
    await asyncio.to_thread(daemon.wait, job)
    expected = await asyncio.to_thread(daemon.call, "GET", f"/v1/jobs/{job}/results/0")
    async with connected(daemon) as socket:
        await socket.receive_json()
        await socket.send_json({"rid": 1, "method": "GET", "path": f"/v1/jobs/{job}/results/0"})
        head = await answer_to(socket, 1)
        assert head["bytes"] == len(expected)
        chunks = [(await socket.receive(timeout=10)).data for _ in range(head["chunks"])]
        assert max(map(len, chunks)) <= 2**20
        assert b"".join(chunks) == expected


async def test_events_after_a_number_are_sent_again(daemon: Daemon) -> None:
    job = await asyncio.to_thread(daemon.submit, frame())
    await asyncio.to_thread(daemon.wait, job["id"])
    async with connected(daemon, after=job["seq"]) as socket:
        await socket.receive_json()
        first = (await socket.receive_json(timeout=5))["event"]
        assert first["seq"] > job["seq"]


@pytest.mark.parametrize("first", ['{"token": "wrong"}', "not json", "[]", '{"token": 3}'])
async def test_a_socket_without_a_token_is_closed_with_a_sentence(daemon: Daemon, first: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_str(first)
        error = (await socket.receive_json(timeout=5))["error"]
        assert error["code"] in ("unauthorized", "invalid_request")
        assert (await socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE


async def test_a_web_page_cannot_connect(daemon: Daemon) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(f"{daemon.url}/v1/socket", origin="https://evil.example")
    assert caught.value.status == 403


async def test_bad_calls_are_answered_not_punished(daemon: Daemon) -> None:
    async with connected(daemon) as socket:
        await socket.receive_json()
        for rid, message, code in [
            (1, {"method": "GET", "path": "/v1/nothing"}, "not_found"),
            (2, {"method": "PUT", "path": "/v1/jobs"}, "method_not_allowed"),
            (3, {"method": "GET", "path": "/v1/jobs/none"}, "not_found"),
            (4, {"method": "POST", "path": "/v1/plan", "body": {"kind": "odd"}}, "invalid_request"),
        ]:
            await socket.send_json({"rid": rid, **message})
            answer = await answer_to(socket, rid)
            assert answer["body"]["code"] == code
            assert answer["status"] >= 400


async def test_a_slow_reader_misses_no_event() -> None:
    """Events logged while an earlier one is being sent come with the next round; only the sending is made slow here."""
    sent: list[int] = []

    class SlowSocket:
        async def send_json(self, message: dict[str, Any]) -> None:
            await asyncio.sleep(0.02)
            sent.append(message["event"]["seq"])

    events = EventLog(0, lambda _: None)
    services = cast("Services", SimpleNamespace(events=events))
    connection = Connection(
        cast("web.WebSocketResponse", SlowSocket()), services, Caller("me", is_owner=False), routes=()
    )
    sending = asyncio.create_task(connection.send_events(0))
    logged: list[int] = []
    for _ in range(10):
        logged.append(events.add("me", "job", "progress", {}).seq)
        await asyncio.sleep(0.007)
    await asyncio.sleep(0.5)
    sending.cancel()
    assert sent == logged

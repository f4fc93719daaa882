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
from bridge_server.protocol.frame import decode
from tests.support.daemon import Daemon
from tests.support.requests import frame


@asynccontextmanager
async def connected(daemon: Daemon, **first: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_json({"token": daemon.secret, **first})
        yield socket


async def answer_to(socket: aiohttp.ClientWebSocketResponse, rid: int) -> dict[str, Any]:
    while True:
        message = json.loads((await socket.receive(timeout=240)).data)
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
        assert [event["type"] for event in seen if event["type"] in ("artifact", "state")][-2:] == ["artifact", "state"]
        await socket.send_json({"rid": 7, "method": "GET", "path": f"/v1/jobs/{job}?after=0"})
        answer = await answer_to(socket, 7)
        assert answer["status"] == 200
        assert answer["body"]["job"]["state"] == "done"


async def test_files_come_in_chunks(daemon: Daemon) -> None:
    job = (await asyncio.to_thread(daemon.submit, frame("img2img", side=1024, steps=1)))["id"]
    await asyncio.to_thread(daemon.wait, job)
    expected = await asyncio.to_thread(daemon.call, "GET", f"/v1/jobs/{job}/artifacts/layer/0")
    async with connected(daemon) as socket:
        await socket.receive_json()
        await socket.send_json({"rid": 1, "method": "GET", "path": f"/v1/jobs/{job}/artifacts/layer/0"})
        head = await answer_to(socket, 1)
        assert head["bytes"] == len(expected)
        chunks = [(await socket.receive(timeout=240)).data for _ in range(head["chunks"])]
        assert max(map(len, chunks)) <= 2**20
        assert b"".join(chunks) == expected


@pytest.mark.parametrize("wanted", [["state", "artifact", "of a later version"], []])
async def test_only_events_that_are_wanted_come(daemon: Daemon, wanted: list[str]) -> None:
    """After the job, whose events are all known then, an answer to a call comes behind those that are pushed."""
    job = await asyncio.to_thread(daemon.submit, frame(steps=3))
    await asyncio.to_thread(daemon.wait, job["id"])
    path = f"/v1/jobs/{job['id']}?after=0"
    told = (await asyncio.to_thread(daemon.call, "GET", path))["events"]
    assert "progress" in {event["type"] for event in told}
    expected = [event["seq"] for event in told if event["type"] in wanted]
    async with connected(daemon, after=told[0]["seq"] - 1, events=wanted) as socket:
        assert (await socket.receive_json(timeout=240))["hello"] is True
        await socket.send_json({"rid": 1, "method": "GET", "path": path})
        seen: list[int] = []
        answered = False
        while len(seen) < len(expected) or not answered:
            message = json.loads((await socket.receive(timeout=60)).data)
            answered = answered or "rid" in message
            seen += [message["event"]["seq"]] if "event" in message else []
    assert seen == expected


@pytest.mark.parametrize("wanted", ["state", [3], {"state": True}, None])
async def test_a_list_of_wanted_events_that_is_none_is_refused(daemon: Daemon, wanted: Any) -> None:
    async with connected(daemon, events=wanted) as socket:
        assert (await socket.receive_json(timeout=240))["error"]["code"] == "invalid_request"


async def test_events_after_a_number_are_sent_again(daemon: Daemon) -> None:
    job = await asyncio.to_thread(daemon.submit, frame())
    await asyncio.to_thread(daemon.wait, job["id"])
    async with connected(daemon, after=job["seq"]) as socket:
        await socket.receive_json()
        first = (await socket.receive_json(timeout=240))["event"]
        assert first["seq"] > job["seq"]


@pytest.mark.parametrize("first", ['{"token": "wrong"}', "not json", "[]", '{"token": 3}'])
async def test_a_socket_without_a_token_is_closed_with_a_sentence(daemon: Daemon, first: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_str(first)
        error = (await socket.receive_json(timeout=240))["error"]
        assert error["code"] in ("unauthorized", "invalid_request")
        assert (await socket.receive(timeout=240)).type == aiohttp.WSMsgType.CLOSE


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
            (4, {"method": "POST", "path": "/v1/plan", "body": {"operation": "odd"}}, "invalid_request"),
        ]:
            await socket.send_json({"rid": rid, **message})
            answer = await answer_to(socket, rid)
            assert answer["body"]["code"] == code
            assert answer["status"] >= 400


async def test_a_slow_reader_misses_no_event() -> None:
    """Events logged while an earlier one is being sent come with the next round; only the sending is made slow here."""
    sent: list[int] = []

    class SlowSocket:
        async def send_str(self, text: str) -> None:
            message = json.loads(text)
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
    async with asyncio.timeout(60):
        while len(sent) < len(logged):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)  # for what is sent twice
    sending.cancel()
    assert sent == logged


def joined(parts: list[Any]) -> bytes:
    return b"".join(bytes(part) for part in parts)


async def send_frame(socket: aiohttp.ClientWebSocketResponse, rid: int, body: bytes, **call: Any) -> None:
    chunks = [body[start : start + 2**20] for start in range(0, len(body), 2**20)]
    head = {"rid": rid, "method": "POST", "path": "/v1/jobs", "bytes": len(body), "chunks": len(chunks)}
    await socket.send_json({**head, **call})
    for chunk in chunks:
        await socket.send_bytes(chunk)


async def test_a_job_is_submitted_in_chunks_and_gives_the_bytes_that_http_gives(daemon: Daemon) -> None:
    body = joined(frame("img2img", side=900, steps=1, seed=5))
    assert len(body) > 2 * 2**20
    over_http = (await asyncio.to_thread(daemon.submit, [body]))["id"]
    async with connected(daemon) as socket:
        await socket.receive_json()
        await send_frame(socket, 1, body, headers={"idempotency-key": "socket-1"})
        first = await answer_to(socket, 1)
        await send_frame(socket, 2, body, headers={"Idempotency-Key": "socket-1"})
        again = await answer_to(socket, 2)
    assert (first["status"], first["body"]["replayed"]) == (202, False)
    assert (again["body"]["id"], again["body"]["replayed"]) == (first["body"]["id"], True)
    pixels = []
    for job in (over_http, first["body"]["id"]):
        await asyncio.to_thread(daemon.wait, job)
        pixels.append(
            decode(await asyncio.to_thread(daemon.call, "GET", f"/v1/jobs/{job}/artifacts/layer/0")).tensor("image")
        )
    assert bytes(pixels[0]) == bytes(pixels[1])


async def test_running_again_over_the_socket_takes_a_key_as_well(daemon: Daemon) -> None:
    job = (await asyncio.to_thread(daemon.submit, frame(steps=1)))["id"]
    await asyncio.to_thread(daemon.wait, job)
    call = {"method": "POST", "path": f"/v1/jobs/{job}/resubmit", "headers": {"Idempotency-Key": "again-socket"}}
    async with connected(daemon) as socket:
        await socket.receive_json()
        await socket.send_json({"rid": 1, **call})
        first = await answer_to(socket, 1)
        await socket.send_json({"rid": 2, **call})
        second = await answer_to(socket, 2)
    assert (first["status"], first["body"]["replayed"]) == (202, False)
    assert (second["body"]["id"], second["body"]["replayed"]) == (first["body"]["id"], True)


async def test_a_key_that_is_null_is_none(daemon: Daemon) -> None:
    """As JSON of a value that is not set: two jobs, neither of which gives way to the other."""
    headers = {"Idempotency-Key": None, "Supersedes-Key": None}
    jobs: list[str] = []
    async with connected(daemon, events=[]) as socket:
        await socket.receive_json()
        for rid in (1, 2):
            await send_frame(socket, rid, joined(frame("img2img", steps=30, seed=rid)), headers=headers)
            jobs.append((await answer_to(socket, rid))["body"]["id"])
        await socket.send_json({"rid": 3, "method": "GET", "path": f"/v1/jobs/{jobs[0]}"})
        assert (await answer_to(socket, 3))["body"]["job"]["error"] is None
    assert jobs[0] != jobs[1]
    for job in jobs:
        await asyncio.to_thread(daemon.call, "POST", f"/v1/jobs/{job}/cancel")


async def test_a_header_is_as_long_as_over_http(daemon: Daemon) -> None:
    async with connected(daemon) as socket:
        await socket.receive_json()
        call = {"method": "GET", "path": "/v1/jobs/none/artifacts/layer/0", "headers": {"Accept": "a/b," * 200_000}}
        await socket.send_json({"rid": 1, **call})
        assert (await answer_to(socket, 1))["body"]["message"] == "A header may have 8190 characters."


async def test_an_upload_that_is_refused_or_broken_off_leaves_the_socket_usable(daemon: Daemon) -> None:
    body = joined(frame("img2img", side=900, steps=1))
    async with connected(daemon) as socket:
        await socket.receive_json()
        await send_frame(socket, 1, joined(frame("img2img", side=900, model="no-such-model")))
        assert (await answer_to(socket, 1))["body"]["code"] == "model_not_found"
        await socket.send_json({"rid": 2, "method": "POST", "path": "/v1/jobs", "bytes": len(body), "chunks": 3})
        await socket.send_bytes(body[: 2**20])
        await socket.send_json({"rid": 3, "method": "GET", "path": "/v1/jobs"})
        assert (await answer_to(socket, 3))["status"] == 200
    async with connected(daemon) as socket:
        await socket.receive_json()
        await socket.send_json({"rid": 2, "method": "POST", "path": "/v1/jobs", "bytes": len(body), "chunks": 3})
        await socket.send_bytes(body[: 2**20])
        await socket.send_json({"rid": 3, "method": "GET", "path": "/v1/jobs"})
        assert (await answer_to(socket, 2))["body"]["code"] == "invalid_frame"
    assert not list(daemon.home.glob("spool/**/*.frame.part"))


async def test_bytes_nobody_announced_and_odd_announcements_are_refused_with_a_sentence(daemon: Daemon) -> None:
    async with connected(daemon) as socket:
        await socket.receive_json()
        await socket.send_bytes(b"what is this")
        assert (await socket.receive_json(timeout=240))["body"]["code"] == "invalid_request"
        for rid, call in [
            (1, {"method": "POST", "path": "/v1/jobs", "bytes": -1, "chunks": 1}),
            (2, {"method": "POST", "path": "/v1/jobs", "bytes": "9", "chunks": 1}),
            (3, {"method": "POST", "path": "/v1/jobs"}),
            (4, {"method": "GET", "path": "/v1/jobs", "bytes": 0, "chunks": 0}),
            (5, {"method": "GET", "path": "http://[bad"}),
            (6, {"method": "POST", "path": "/v1/jobs", "bytes": 5, "chunks": None}),
        ]:
            await socket.send_json({"rid": rid, **call})
            assert (await answer_to(socket, rid))["body"]["code"] == "invalid_request"


async def test_a_stranger_pairs_over_the_socket_and_does_nothing_else_before(daemon: Daemon) -> None:
    code = (await asyncio.to_thread(daemon.call, "POST", "/v1/pairing-codes"))["code"]
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_json({"rid": 1, "method": "GET", "path": "/v1/hello"})
        assert (await answer_to(socket, 1))["body"]["name"] == "layerbridge"
        for rid, call in [(2, {"method": "GET", "path": "/v1/jobs"}), (3, {"method": "GET", "path": "/v1/models"})]:
            await socket.send_json({"rid": rid, **call})
            assert (await answer_to(socket, rid))["status"] == 401
        await socket.send_json({"rid": 4, "method": "POST", "path": "/v1/jobs", "bytes": 0, "chunks": 0})
        assert (await answer_to(socket, 4))["status"] == 401
        pair = {"method": "POST", "path": "/v1/pair", "body": {"code": code, "client": "Photoshop"}}
        await socket.send_json({"rid": 5, **pair})
        token = (await answer_to(socket, 5))["body"]["token"]
        await socket.send_json({"token": token})
        assert (await socket.receive_json(timeout=240))["hello"] is True
        await socket.send_json({"rid": 6, "method": "GET", "path": "/v1/jobs"})
        assert (await answer_to(socket, 6))["body"]["jobs"] == []

"""Programs that open connections and say nothing neither stay nor shut the owner out."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from aiohttp import web

from bridge_server.http import site, strangers
from bridge_server.http.strangers import STRANGERS, Strangers
from tests.support.daemon import Daemon
from tests.support.requests import frame


@dataclass
class Transport:
    broken: bool = False

    def abort(self) -> None:
        self.broken = True


@dataclass(eq=False)
class Open:
    """What Strangers needs of aiohttp's RequestHandler: its address, and a transport that can be broken off."""

    address: str
    transport: Transport = field(default_factory=Transport)

    @property
    def peername(self) -> tuple[str, int]:
        return self.address, 1


def handlers(opened: list[Open]) -> list[web.RequestHandler]:
    return cast("list[web.RequestHandler]", opened)


@pytest.mark.parametrize("number", [0, 3, 4, 5, 20])
def test_the_oldest_strangers_make_room(number: int) -> None:
    opened = [Open("127.0.0.1") for _ in range(number)]
    Strangers(4, hurry=0).make_room(handlers(opened))
    assert [each.transport.broken for each in opened] == [True] * max(0, number - 3) + [False] * min(number, 3)


def test_whoever_has_shown_a_token_stays() -> None:
    opened = [Open("127.0.0.1") for _ in range(20)]
    room = Strangers(4, hurry=0)
    for each in handlers(opened)[:10]:
        room.know(each)
    room.make_room(handlers(opened))
    assert [each.transport.broken for each in opened] == [False] * 10 + [True] * 7 + [False] * 3
    room.make_room(handlers(opened[5:]))
    assert room._known == set(opened[5:10])  # of closed ones nothing is kept


def test_a_crowd_makes_room_among_itself() -> None:
    owner, crowd = Open("127.0.0.1"), [Open("192.168.1.9") for _ in range(9)]
    Strangers(4, hurry=0).make_room(handlers([owner, *crowd]))
    assert not owner.transport.broken
    assert [each.transport.broken for each in crowd] == [True] * 7 + [False] * 2


def test_hundreds_that_have_just_come_have_time_to_say_who_they_are() -> None:
    """As of an editor's 300 long-polls and 100 sockets; who says nothing goes when the time is over."""
    now = 0.0
    room = Strangers(64, hurry=2.0, clock=lambda: now)
    opened = [Open("127.0.0.1") for _ in range(400)]
    for number in range(1, len(opened) + 1):
        room.make_room(handlers(opened[:number]))
    assert not any(each.transport.broken for each in opened)
    for each in handlers(opened)[100:]:
        room.know(each)
    now = 2.0
    room.make_room(handlers(opened))
    assert [each.transport.broken for each in opened] == [True] * 37 + [False] * 363
    flood = [Open("127.0.0.1") for _ in range(2000)]
    room.make_room(handlers([*opened, *flood]))
    assert sum(not each.transport.broken for each in flood) < 512


@contextlib.contextmanager
def silent(port: int, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        opened: list[socket.socket] = []
        for _ in range(number):
            opened.append(stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)))
            with contextlib.suppress(ConnectionError):
                opened[-1].sendall(sent)
        yield opened


HALVES = (
    b"",
    b"GET /v1/hello HTTP/1.1\r\nHost: local",
    b"POST /v1/pair HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
)


def test_hundreds_of_them_do_not_shut_the_owner_out_of_few_handles(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    limit_handles(daemon, 256)
    for sent in HALVES:
        with silent(daemon.port, 400, sent) as opened:
            assert daemon.call("GET", "/v1/hello", token="none")["name"] == "layerbridge"
            assert daemon.submit(frame())["id"]
            assert all(is_closed(each) for each in opened[:300])
    assert not [log for log in (daemon.home / "logs").glob("daemon.log*") if "EMFILE" in log.read_text()]


def limit_handles(daemon: Daemon, number: int) -> None:
    """As `ulimit -n` would; elsewhere than on Linux nobody can, and counting those that were closed must do."""
    if sys.platform == "linux":
        assert daemon.process is not None
        subprocess.run(["prlimit", f"--nofile={number}", f"--pid={daemon.process.pid}"], check=True)


def is_closed(connection: socket.socket) -> bool:
    """Waits for its end."""
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize("sent", HALVES)
async def test_a_connection_that_sends_no_whole_request_is_closed(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, tmp_path: Any
) -> None:
    """In less time than the real patience of half a minute, which is set as a constant here."""
    from bridge_server.http import app

    monkeypatch.setattr(site, "QUIET_SECONDS", 0.5)
    monkeypatch.setattr(app, "BODY_SECONDS", 0.5)
    async with listening(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for byte in sent:  # drop by drop, so that no pause is long
            writer.write(bytes([byte]))
            await asyncio.sleep(0.005)
        try:
            answer = await asyncio.wait_for(reader.read(), 60)
        except ConnectionError:  # closed with bytes that nobody read
            answer = b""
        assert answer == b"" or b"did not come within" in answer
        writer.close()


async def test_long_polls_slow_uploads_and_sockets_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from bridge_server.http import app

    monkeypatch.setattr(site, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(app, "BODY_SECONDS", 0.2)
    async with face(tmp_path) as opened:
        body = b"".join(bytes(part) for part in frame())

        async def slowly() -> Any:
            for at in range(0, len(body), len(body) // 8):
                await asyncio.sleep(0.15)
                yield body[at : at + len(body) // 8]

        given = {"Authorization": f"Bearer {opened.services.secret}"}
        async with opened.session.post(opened.url + "/v1/jobs", data=slowly(), headers=given) as answer:
            assert answer.status == 202
            job = await answer.json()
        async with opened.session.ws_connect(opened.url + "/v1/socket") as channel:
            await channel.send_json({"token": opened.services.secret})
            assert (await channel.receive_json())["hello"]
            status, reply, _ = await opened.ask("GET", f"/v1/jobs/{job['id']}?after={job['seq']}&wait=1")
            assert (status, reply["job"]["state"]) == (200, "queued")
            await channel.send_json({"rid": 1, "method": "GET", "path": "/v1/hello"})
            assert (await channel.receive_json(timeout=60))["status"] == 200


@contextlib.asynccontextmanager
async def face(folder: Any) -> Any:
    from tests.support.app import open_face

    async with open_face(folder) as opened:
        yield opened


@contextlib.asynccontextmanager
async def listening(folder: Any) -> Any:
    async with face(folder) as opened:
        yield opened.services.port


def test_the_patience_is_bounded() -> None:
    assert strangers.QUIET_SECONDS + strangers.HANDSHAKE_SECONDS + strangers.BODY_SECONDS < 120
    assert STRANGERS < 100

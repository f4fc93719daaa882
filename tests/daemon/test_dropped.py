"""Uploads that break off leave nothing in memory: no cycle holds what had come until some later collection."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.app import Face, open_face
from tests.support.requests import frame

DROPS = 12
PATIENCE_SECONDS = 60.0
WATCHED = ("StreamReader", "SocketBody", "traceback")  # what holds the bytes of an upload


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    async with open_face(tmp_path) as made:
        yield made


@pytest.fixture
def no_collection() -> Iterator[None]:
    """What only the collector could free stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive() -> Counter[str]:
    counted = Counter(type(thing).__name__ for thing in gc.get_objects())
    return Counter({name: counted[name] for name in WATCHED})


def head(face: Face, path: str, more: str) -> bytes:
    owner = f"Authorization: Bearer {face.services.secret}"
    return f"POST {path} HTTP/1.1\r\nHost: localhost:{face.services.port}\r\n{owner}\r\n{more}\r\n\r\n".encode()


async def send_and_go(face: Face, data: bytes) -> None:
    """Send `data`, let the daemon read, and close."""
    _, writer = await asyncio.open_connection("127.0.0.1", face.services.port)
    writer.write(data)
    await writer.drain()
    await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()


async def settled(face: Face) -> None:
    """Nothing of any upload is left on disk, and the daemon answers."""
    while any(face.services.spool.root.iterdir()):
        await asyncio.sleep(0.01)
    assert (await face.ask("GET", "/v1/hello"))[0] == 200


async def check_freed(face: Face, before: Counter[str]) -> None:
    """What a cycle holds stays for ever, as nothing collects it; what a slow machine has not ended yet does not."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        await settled(face)
        more_now = alive() - before
        if all(count < DROPS // 2 for count in more_now.values()):
            return
        assert time.monotonic() < deadline, more_now
        await asyncio.sleep(0.1)


CONTENT = b"".join(bytes(part) for part in frame("img2img", side=512))
LENGTH = f"Content-Length: {len(CONTENT)}"
CHUNKED = "Transfer-Encoding: chunked"
CHUNK = b"%x\r\n" % len(CONTENT)
WAYS: dict[str, tuple[str, str, bytes]] = {
    "before the frame's header": ("/v1/jobs", LENGTH, CONTENT[:4]),
    "inside the frame's header": ("/v1/jobs", LENGTH, CONTENT[:60]),
    "half way": ("/v1/jobs", LENGTH, CONTENT[: len(CONTENT) // 2]),
    "before the last byte": ("/v1/jobs", LENGTH, CONTENT[:-1]),
    "inside a chunk": ("/v1/jobs", CHUNKED, CHUNK + CONTENT[:-9]),
    "inside JSON": ("/v1/plan", "Content-Length: 5000", b'{"operation": "inp'),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("no_collection")
async def test_nothing_of_a_dropped_upload_stays_in_memory(face: Face, way: str) -> None:
    path, more, sent = WAYS[way]
    await send_and_go(face, head(face, path, more) + sent)
    await settled(face)
    before = alive()
    for _ in range(DROPS):
        await send_and_go(face, head(face, path, more) + sent)
    await check_freed(face, before)


@pytest.mark.usefixtures("no_collection")
async def test_nothing_of_an_upload_that_its_socket_drops_stays_in_memory(face: Face) -> None:
    async def drop() -> None:
        async with face.session.ws_connect(f"{face.url}/v1/socket") as socket:
            await socket.send_json({"token": face.services.secret})
            await socket.receive()
            call = {"rid": 1, "method": "POST", "path": "/v1/jobs", "bytes": len(CONTENT), "chunks": 1}
            await socket.send_str(json.dumps(call))
            await socket.send_bytes(CONTENT[: len(CONTENT) // 2])

    await drop()
    await settled(face)
    before = alive()
    for _ in range(DROPS):
        await drop()
    await check_freed(face, before)

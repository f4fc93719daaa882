"""The reserve of the disk holds for all uploads together, not for each alone."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge_server.config import Limits
from bridge_server.jobs.spool import Spool
from tests.support.app import Face, open_face
from tests.support.requests import frame

UPLOADS = 8
BODY = b"".join(bytes(part) for part in frame(side=512))  # about a megabyte
RESERVE = 4 * len(BODY)
DISK = RESERVE + 3 * len(BODY) + 100_000  # three go beside the reserve, with the notes of their jobs


@pytest.fixture
async def face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Face]:
    """On a small disk: free is what the files of the spool leave of it, as statvfs(2) says.

    Other uploads end meanwhile, in threads: where a file has another name since it was listed, all are listed again.
    """

    def free(spool: Spool) -> int:
        while True:
            with contextlib.suppress(FileNotFoundError):
                return DISK - sum(size_of(file) for file in list(spool.root.rglob("*")))

    monkeypatch.setattr(Spool, "free", free)
    limits = Limits(free_disk_bytes=RESERVE)
    async with open_face(tmp_path, limits) as made:
        yield made


def size_of(path: Path) -> int:
    found = path.stat()
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


class Uploads:
    """Sends the first part of each body; the rest when every other upload has got so far or was refused."""

    def __init__(self, first: int, count: int) -> None:
        self._first = first
        self._left = count
        self._go = asyncio.Event()

    def _one_less(self) -> None:
        self._left -= 1
        if not self._left:
            self._go.set()

    async def send(self, face: Face, *, tells_length: bool) -> tuple[int, Any]:
        counted = False

        async def body() -> AsyncIterator[bytes]:
            nonlocal counted
            yield BODY[: self._first]
            counted = True
            self._one_less()
            await self._go.wait()
            yield BODY[self._first :]

        headers = {"Authorization": f"Bearer {face.services.secret}"}
        headers |= {"Content-Length": str(len(BODY))} if tells_length else {}
        async with face.session.post(f"{face.url}/v1/jobs", data=body(), headers=headers) as answer:
            if not counted:
                counted = True
                self._one_less()
            return answer.status, await answer.json()


@pytest.mark.parametrize("tells_length", [True, False])
@pytest.mark.parametrize("first", [1, len(BODY) // 2, len(BODY)])
async def test_uploads_under_way_together_leave_the_reserve(face: Face, first: int, tells_length: bool) -> None:
    uploads = Uploads(first, UPLOADS)
    answers = await asyncio.gather(*(uploads.send(face, tells_length=tells_length) for _ in range(UPLOADS)))
    accepted = sum(status == 202 for status, _ in answers)
    assert 1 <= accepted <= 3, "a piece may count twice for a moment, as written and as promised"
    refusals = [said for status, said in answers if status == 507]
    assert len(refusals) == UPLOADS - accepted
    assert {said["code"] for said in refusals} == {"disk_full"}
    assert face.services.spool.free() >= RESERVE
    assert not face.services.quota._promised
    for job in list(face.services.queue.listing("owner")):
        await face.services.dispatcher.cancel(job)
        await face.services.queue.delete(job)
    status, _, _ = await face.ask("POST", "/v1/jobs", BODY)
    assert status == 202, "what was promised is given back"

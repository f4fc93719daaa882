"""Ephemeral operations, on a real daemon with a real worker: kept in memory alone, and gone soon."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import urllib.error
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge_server.config import Limits
from bridge_server.protocol.frame import Tensor, encode
from tests.support.app import Face, open_face
from tests.support.daemon import Daemon, short_home
from tests.support.envelopes import envelope
from tests.support.requests import arrays

from .live import ENDLESS, with_live

ROOT = Path(__file__).resolve().parents[2]
SIDE = 64
BOX = {"x": 2, "y": 1, "width": SIDE, "height": SIDE}


def body(amount: int = 3, level: int = 10, kind: str = "stroke") -> bytes:
    """A gray picture to be made brighter."""
    flat = {"kind": kind, "document": {"width": 99, "height": 99}, "bounds": BOX, "toy_amount": amount}
    tensors = {"image": Tensor("U8", (SIDE, SIDE, 3), bytes([level]) * (3 * SIDE * SIDE))}
    return b"".join(bytes(part) for part in encode(envelope(flat, tensors, with_live()), tensors))


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    running = Daemon(short_home(), {"PYTHONPATH": str(ROOT)}, module="tests.operations.live.daemon").start()
    yield running
    running.stop()
    shutil.rmtree(running.home, ignore_errors=True)


def send(daemon: Daemon, content: bytes, **headers: str) -> dict[str, Any]:
    return daemon.call("POST", "/v1/jobs", content, headers=headers)


def refusal(daemon: Daemon, method: str, path: str, content: bytes | None = None) -> dict[str, Any]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        daemon.call(method, path, content)
    with refused.value as error:
        return json.loads(error.read())


def rows(daemon: Daemon) -> int:
    with contextlib.closing(sqlite3.connect(daemon.home / "journal.sqlite3")) as journal:
        return journal.execute("SELECT count(*) FROM jobs").fetchone()[0]


def test_a_live_job_paints_and_leaves_nothing_behind(daemon: Daemon) -> None:
    job = send(daemon, body())["id"]
    done = daemon.wait(job)
    assert done["state"] == "done" and done["expires"] - done["updated"] == 60
    assert rows(daemon) == 0 and not list((daemon.home / "spool").iterdir())
    assert not list((daemon.home / "scratch").glob("*"))
    assert daemon.call("GET", "/v1/jobs") == {"jobs": [], "next": None}
    assert daemon.call("GET", "/v1/status")["spool_bytes"] == 0
    path = f"/v1/jobs/{job}"
    assert refusal(daemon, "GET", f"{path}/thumbnails/0")["message"] == "Live jobs have no thumbnails."
    message, image, mask = arrays(daemon.call("GET", f"{path}/artifacts/layer/0"))
    assert message["bounds"] == BOX and image[5, 5].tolist() == [70, 70, 70, 255] and mask.min() == 255
    gone = refusal(daemon, "GET", f"{path}/artifacts/layer/0")
    assert gone["code"] == "not_found" and "it was fetched" in gone["message"]
    assert "is not kept" in refusal(daemon, "POST", f"{path}/resubmit")["message"]
    daemon.call("DELETE", path)
    assert "Live jobs are in memory only" in refusal(daemon, "GET", path)["message"]


def test_the_same_request_again_is_the_same_job_and_another_a_conflict(daemon: Daemon) -> None:
    key = {"Idempotency-Key": "stroke-1"}
    first = send(daemon, body(), **key)
    daemon.wait(first["id"])
    again = send(daemon, body(), **key)
    assert (again["id"], again["replayed"]) == (first["id"], True)
    with pytest.raises(urllib.error.HTTPError) as refused:
        send(daemon, body(level=11), **key)
    with refused.value as error:
        assert json.loads(error.read())["code"] == "idempotency_conflict"


async def test_strokes_are_sent_followed_and_fetched_over_the_socket_and_the_latest_wins(daemon: Daemon) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_json({"token": daemon.secret, "events": ["state"]})
        assert (await socket.receive_json(timeout=240))["hello"]
        jobs: list[str] = []
        states: dict[str, dict[str, Any]] = {}

        async def heard() -> dict[str, Any]:
            """The next answer; events before it are noted."""
            while True:
                message = await socket.receive_json(timeout=60)
                if "event" not in message:
                    return message
                states[message["event"]["job"]] = message["event"]["data"]

        for rid, amount in enumerate((ENDLESS, ENDLESS, ENDLESS, 2)):
            content = body(amount)
            head = {"rid": rid, "method": "POST", "path": "/v1/jobs", "headers": {"Supersedes-Key": "brush"}}
            await socket.send_json({**head, "bytes": len(content), "chunks": 1})
            await socket.send_bytes(content)
            jobs.append((await heard())["body"]["id"])
        while states.get(jobs[-1], {}).get("state") != "done":
            event = (await socket.receive_json(timeout=60))["event"]
            states[event["job"]] = event["data"]
        for job in jobs[:-1]:
            assert (states[job]["state"], states[job]["error"]["code"]) == ("cancelled", "superseded")
        await socket.send_json({"rid": 9, "method": "GET", "path": f"/v1/jobs/{jobs[-1]}/artifacts/layer/0"})
        answer = await heard()
        assert answer["status"] == 200
        chunks = [(await socket.receive(timeout=240)).data for _ in range(answer["chunks"])]
    assert arrays(b"".join(chunks))[1][0, 0].tolist() == [50, 50, 50, 255]


def test_what_is_open_when_the_daemon_stops_is_lost_and_said_to_be() -> None:
    """A killed daemon leaves what its worker was reading; the next one removes it."""
    daemon = Daemon(short_home(), {"PYTHONPATH": str(ROOT)}, module="tests.operations.live.daemon").start()
    try:
        job = send(daemon, body(ENDLESS))["id"]
        daemon.watch(job, lambda now: now["progress"]["stage"] == "encoding")
        assert list((daemon.home / "scratch").glob("*/request"))
        daemon.kill()
        daemon.start()
        assert "when Layerbridge stops" in refusal(daemon, "GET", f"/v1/jobs/{job}")["message"]
        daemon.worker_pid()
        assert not list((daemon.home / "scratch").glob("*")) and rows(daemon) == 0
    finally:
        daemon.stop()
        shutil.rmtree(daemon.home, ignore_errors=True)


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    limits = Limits(live_bytes=2 * len(body()) + 1000, live_age_seconds=0.0)
    async with open_face(tmp_path, limits=limits, operations=with_live()) as opened:
        yield opened


async def test_who_follows_a_live_job_hears_that_the_daemon_stops(face: Face) -> None:
    _, job, _ = await face.ask("POST", "/v1/jobs", body())
    await face.services.dispatcher.stop()
    _, told, _ = await face.ask("GET", f"/v1/jobs/{job['id']}?after={job['seq']}")
    assert (told["job"]["state"], told["job"]["error"]["code"]) == ("failed", "interrupted")
    assert told["job"]["error"]["message"].startswith("Layerbridge stopped, and live jobs are not kept.")
    assert told["events"][-1]["data"]["error"] == told["job"]["error"]


async def test_memory_is_bounded_and_what_has_ended_makes_room(face: Face) -> None:
    jobs = [(await face.ask("POST", "/v1/jobs", body(level=level)))[1]["id"] for level in (1, 2)]
    status, full, _ = await face.ask("POST", "/v1/jobs", body())
    assert (status, full["code"]) == (429, "queue_full") and full["message"].startswith("Live jobs hold")
    await face.ask("POST", f"/v1/jobs/{jobs[0]}/cancel")
    status, third, _ = await face.ask("POST", "/v1/jobs", body())
    assert status == 202, "its request went with its end"
    for job in (jobs[1], third["id"]):
        await face.ask("POST", f"/v1/jobs/{job}/cancel")
    assert face.services.queue.live.artifacts.bytes == 0
    await face.services.queue.expire_live()
    assert (await face.ask("GET", f"/v1/jobs/{jobs[0]}"))[0] == 404


async def test_an_upload_that_breaks_off_holds_no_memory(face: Face) -> None:
    async def part() -> AsyncIterator[bytes]:
        yield body()[:-10]

    status, told, _ = await face.ask("POST", "/v1/jobs", body()[:-10])
    assert (status, told["code"]) == (400, "invalid_frame")
    headers = {"Authorization": f"Bearer {face.services.secret}"}
    async with face.session.post(f"{face.url}/v1/jobs", data=part(), headers=headers) as answer:
        assert answer.status == 400
    assert face.services.queue.live.artifacts.bytes == 0


async def test_a_request_that_can_never_fit_is_too_large(tmp_path: Path) -> None:
    async with open_face(tmp_path, limits=Limits(live_bytes=1000), operations=with_live()) as face:
        status, told, _ = await face.ask("POST", "/v1/jobs", body())
    assert (status, told["code"]) == (413, "too_large")


async def test_a_job_that_waits_does_not_hold_up_one_that_is_live(face: Face) -> None:
    """The lane of live painting is the most urgent; its task has keys, and makes no thumbnail."""
    flat = {"kind": "txt2img", "document": {"width": 9, "height": 9}, "prompt": "a ball"}
    durable = b"".join(bytes(part) for part in encode(envelope(flat, {}), {}))
    status, _, _ = await face.ask("POST", "/v1/jobs", durable)
    assert status == 202
    _, live, _ = await face.ask("POST", "/v1/jobs", body())
    task = face.services.queue.next_task()
    assert task is not None and (task.job, task.thumbnail, task.durable) == (live["id"], None, False)

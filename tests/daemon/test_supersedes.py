"""The latest wins: jobs with one Supersedes-Key, as of a slider that is dragged."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.support.daemon import Daemon
from tests.support.requests import frame

LONG = 150  # steps: no job of so many ends by itself while a test looks


def body(**message: Any) -> bytes:
    return b"".join(bytes(part) for part in frame("img2img", **message))


def send(daemon: Daemon, stream: str, *, token: str | None = None, key: str = "", **message: Any) -> dict[str, Any]:
    headers = {"Supersedes-Key": stream, **({"Idempotency-Key": key} if key else {})}
    return daemon.call("POST", "/v1/jobs", body(**message), token=token, headers=headers)


def pair(daemon: Daemon, name: str) -> str:
    code = daemon.call("POST", "/v1/pairing-codes")["code"]
    return daemon.call("POST", "/v1/pair", {"code": code, "client": name})["token"]


def gave_way(snapshot: dict[str, Any], to: str) -> bool:
    error = snapshot["error"] or {}
    return (snapshot["state"], error.get("code"), error.get("detail")) == ("cancelled", "superseded", f"by {to}")


def test_of_twenty_quick_requests_only_the_last_delivers(daemon: Daemon) -> None:
    """None before it ends by itself, so that each is there when the next one comes, running or waiting."""
    jobs = [send(daemon, "slider", steps=2 if number == 19 else LONG, seed=number)["id"] for number in range(20)]
    ended = [daemon.wait(job) for job in jobs]
    assert ended[-1]["state"] == "done" and len(ended[-1]["artifacts"]) == 1
    for number, snapshot in enumerate(ended[:-1]):
        assert gave_way(snapshot, jobs[number + 1]) and snapshot["artifacts"] == []
    assert ended[0]["error"]["message"] == "A newer request took this one's place before it was finished."


def test_what_was_finished_before_the_next_one_came_stays(daemon: Daemon) -> None:
    first = send(daemon, "calm", steps=2)["id"]
    assert daemon.wait(first)["state"] == "done"
    second = send(daemon, "calm", steps=2)["id"]
    assert daemon.wait(second)["state"] == "done"
    assert daemon.call("GET", f"/v1/jobs/{first}")["job"]["state"] == "done"


def test_what_runs_is_cancelled_and_what_others_sent_is_left_alone(daemon: Daemon) -> None:
    other = pair(daemon, "Another program")
    running = send(daemon, "brush", steps=LONG)["id"]
    daemon.wait_for(running, "running")
    theirs = send(daemon, "brush", token=other, steps=LONG)["id"]
    apart, plain = send(daemon, "another", steps=LONG)["id"], daemon.submit([body(steps=LONG)])["id"]
    newer = send(daemon, "brush", steps=2)["id"]
    assert gave_way(daemon.wait(running), newer)
    assert daemon.call("GET", f"/v1/jobs/{theirs}", token=other)["job"]["error"] is None
    for job in (apart, plain):
        assert daemon.call("GET", f"/v1/jobs/{job}")["job"]["error"] is None
        daemon.call("POST", f"/v1/jobs/{job}/cancel")
    daemon.call("POST", f"/v1/jobs/{theirs}/cancel", token=other)
    assert daemon.wait(newer)["state"] == "done"


def test_the_same_request_sent_again_takes_no_place(daemon: Daemon) -> None:
    """Whether its job still waits or has given way: the answer to it was lost, no more."""
    first = send(daemon, "again", key="one", steps=LONG)
    assert send(daemon, "again", key="one", steps=LONG)["replayed"]
    assert daemon.call("GET", f"/v1/jobs/{first['id']}")["job"]["error"] is None
    second = send(daemon, "again", key="two", steps=2)
    assert gave_way(daemon.wait(first["id"]), second["id"])
    late = send(daemon, "again", key="one", steps=LONG)
    assert (late["id"], late["replayed"]) == (first["id"], True)
    assert daemon.wait(second["id"])["state"] == "done"


def test_a_job_that_gives_way_leaves_its_place_in_a_full_queue(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    held = [daemon.submit([body(steps=LONG)])["id"] for _ in range(31)]
    waiting = send(daemon, "slider", steps=LONG)["id"]
    with pytest.raises(urllib.error.HTTPError) as full:
        daemon.submit([body(steps=2)])
    with full.value as error:
        assert json.loads(error.read())["code"] == "queue_full"
    newer = send(daemon, "slider", steps=LONG)["id"]
    assert gave_way(daemon.wait(waiting), newer)
    assert daemon.call("GET", f"/v1/jobs/{held[-1]}")["job"]["state"] == "queued"


async def test_an_upload_that_began_earlier_and_ends_later_takes_no_place(daemon: Daemon) -> None:
    """Its bytes end when the newer one is a job."""
    whole = body(steps=LONG)
    newer_is_there = asyncio.Event()

    async def slowly() -> Any:
        yield whole[:1000]
        await newer_is_there.wait()
        yield whole[1000:]

    headers = {"Authorization": f"Bearer {daemon.secret}", "Supersedes-Key": "strokes"}
    async with aiohttp.ClientSession(headers=headers) as session:
        older = asyncio.create_task(session.post(f"{daemon.url}/v1/jobs", data=slowly()))
        while not await asyncio.to_thread(lambda: list((daemon.home / "spool").glob("*/request.frame.part"))):
            await asyncio.sleep(0.01)
        async with session.post(f"{daemon.url}/v1/jobs", data=body(steps=2)) as answer:
            newer = (await answer.json())["id"]
        newer_is_there.set()
        async with await older as refused:
            assert (refused.status, (await refused.json())["code"]) == (409, "superseded")
    assert (await asyncio.to_thread(daemon.wait, newer))["state"] == "done"


async def test_the_socket_takes_the_key_too(daemon: Daemon) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_json({"token": daemon.secret, "events": []})
        await socket.receive_json(timeout=240)
        jobs: list[str] = []
        for rid, steps in enumerate((LONG, 2)):
            content = body(steps=steps)
            call = {"rid": rid, "method": "POST", "path": "/v1/jobs", "headers": {"Supersedes-Key": "strokes"}}
            await socket.send_json({**call, "bytes": len(content), "chunks": 1})
            await socket.send_bytes(content)
            jobs.append((await socket.receive_json(timeout=60))["body"]["id"])
    older, newer = [await asyncio.to_thread(daemon.wait, job) for job in jobs]
    assert gave_way(older, jobs[1]) and newer["state"] == "done"


def test_a_key_that_is_none_is_refused(daemon: Daemon) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        send(daemon, "x" * 201)
    with refused.value as error:
        told = json.loads(error.read())
    assert told["message"] == "Supersedes-Key must be at most 200 ASCII letters."


def test_what_gave_way_goes_soon_and_what_it_made_does_not(daemon: Daemon) -> None:
    first = send(daemon, "short", steps=LONG)["id"]
    last = send(daemon, "short", steps=2)["id"]
    gone, kept = daemon.wait(first), daemon.wait(last)
    assert gone["expires"] - gone["updated"] == 600 and kept["expires"] - time.time() > 86400

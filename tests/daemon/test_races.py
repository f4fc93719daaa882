"""Things that meet: a cancel and a start, a locked journal and a finished picture, two deletes, a dead device."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Callable
from urllib.error import HTTPError

import aiohttp
import pytest

from tests.support.daemon import Daemon
from tests.support.envelopes import envelope
from tests.support.requests import frame


def test_a_cancel_right_after_the_submit_is_never_lost(daemon: Daemon) -> None:
    daemon.wait(daemon.submit(frame())["id"])
    headers = {"Authorization": f"Bearer {daemon.secret}"}
    body = b"".join(bytes(part) for part in frame(steps=150))
    jobs: list[str] = []
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=240)
    for _ in range(12):
        connection.request("POST", "/v1/jobs", body=body, headers=headers)
        jobs.append(json.loads(connection.getresponse().read())["id"])
        connection.request("POST", f"/v1/jobs/{jobs[-1]}/cancel", headers=headers)
        connection.getresponse().read()
    connection.close()
    started = time.monotonic()
    assert {daemon.wait(job)["state"] for job in jobs} == {"cancelled"}
    assert time.monotonic() - started < 20


def test_a_journal_that_is_locked_for_a_while_loses_nothing(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    job = daemon.submit(frame(steps=20))["id"]
    daemon.wait_for(job, "running")
    other = sqlite3.connect(daemon.home / "journal.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(8.0, lambda: other.execute("ROLLBACK")).start()
    assert daemon.wait(job)["state"] == "done"
    assert daemon.call("GET", f"/v1/jobs/{job}/artifacts/layer/0")


def test_deleting_twice_at_once_does_no_harm(daemon: Daemon) -> None:
    job = daemon.submit(frame(steps=1))["id"]
    daemon.wait(job)
    codes: list[int] = []

    def delete() -> None:
        try:
            daemon.call("DELETE", f"/v1/jobs/{job}")
            codes.append(200)
        except HTTPError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=delete) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {200, 404}
    assert 200 in codes


def test_a_dead_device_takes_no_tasks_while_another_lives(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon("--device", "no-such-device")
    ended = [daemon.wait(daemon.submit(frame())["id"]) for _ in range(2)]
    assert [job["state"] for job in ended] == ["done", "done"], [job["error"] for job in ended]


async def test_revoking_a_client_closes_its_socket(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    paired = daemon.call("POST", "/v1/pair", {"code": daemon.secret, "client": "panel"})
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_json({"token": paired["token"]})
        await socket.receive_json(timeout=240)
        daemon.call("DELETE", f"/v1/clients/{paired['client_id']}")
        message = await socket.receive(timeout=240)
        assert message.type == aiohttp.WSMsgType.CLOSE
        assert message.data == 4401


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key"])
def test_header_bytes_that_are_no_text_are_refused_in_words(daemon: Daemon, name: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=240)
    connection.putrequest("POST", "/v1/jobs")
    if name != "Authorization":
        connection.putheader("Authorization", f"Bearer {daemon.secret}")
    connection.putheader(name, b"Bearer \xff\xfe")
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status in (400, 401)
    assert json.loads(answer.read())["code"] in ("invalid_request", "unauthorized")
    connection.close()


def test_a_chunked_upload_cannot_pass_the_limits(daemon: Daemon) -> None:
    header = {
        "__metadata__": {
            "message": json.dumps(envelope({"kind": "txt2img", "document": {"width": 8, "height": 8}}, ()))
        },
        "icc": {"dtype": "U8", "shape": [10**12], "data_offsets": [0, 10**12]},
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=240)
    connection.putrequest("POST", "/v1/jobs")
    connection.putheader("Authorization", f"Bearer {daemon.secret}")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    body = len(text).to_bytes(8, "little") + text
    connection.send(f"{len(body):x}\r\n".encode() + body + b"\r\n")
    answer = connection.getresponse()
    assert answer.status == 400
    assert "icc" in json.loads(answer.read())["message"]
    connection.close()


def test_numbers_of_a_query_are_bounded(daemon: Daemon) -> None:
    job = daemon.submit(frame(steps=1))["id"]
    for query in ("after=" + "9" * 5000, "wait=" + "0" * 25 + "99", "wait=31", "after=-1"):
        with pytest.raises(HTTPError) as caught:
            daemon.call("GET", f"/v1/jobs/{job}?{query}")
        assert caught.value.code == 400

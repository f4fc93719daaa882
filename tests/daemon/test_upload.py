"""Sending a job: what is refused and why, and that a repeated or broken upload does no harm."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest

from bridge_server.protocol.frame import Tensor, encode
from tests.support.daemon import Daemon
from tests.support.envelopes import envelope
from tests.support.requests import frame, picture, tensor


def joined(parts: list[Any]) -> bytes:
    return b"".join(bytes(part) for part in parts)


def refused(daemon: Daemon, body: bytes, **options: Any) -> tuple[int, str, str]:
    with pytest.raises(HTTPError) as caught:
        daemon.submit([body], **options)
    envelope = json.loads(caught.value.read())
    return caught.value.code, envelope["code"], envelope["message"]


def with_tensors(tensors: dict[str, Tensor], **message: Any) -> bytes:
    full = {
        "kind": "inpaint",
        "document": {"width": 64, "height": 64},
        "bounds": {"x": 0, "y": 0, "width": 64, "height": 64},
        **message,
    }
    return joined(encode(envelope(full, tensors), tensors))


IMAGE = tensor(picture(64, 64))
MASK = tensor(np.full((64, 64), 255, np.uint8))


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"", "invalid_frame", "0 of 8"),
        (b"\xff" * 64, "invalid_frame", "header"),
        (joined(frame())[:-1], "invalid_frame", "bytes long"),
        (joined(frame()) + b"x", "invalid_frame", "bytes long"),
        (with_tensors({"image": IMAGE}), "invalid_request", "mask"),
        (with_tensors({"mask": MASK}), "invalid_request", "image"),
        (with_tensors({"image": IMAGE, "mask": tensor(np.zeros((64, 63), np.uint8))}), "invalid_request", "mask"),
        (with_tensors({"image": tensor(np.zeros((64, 64, 5), np.uint8)), "mask": MASK}), "invalid_request", "image"),
        (with_tensors({"image": IMAGE, "mask": tensor(np.zeros((64, 64), np.uint16))}), "invalid_request", "mask"),
        (with_tensors({"image": IMAGE, "mask": MASK, "depth": MASK}), "invalid_request", "depth"),
        (with_tensors({"image": IMAGE, "mask": MASK}, margins={"left": 1}), "invalid_request", "margins"),
        (with_tensors({"image": IMAGE, "mask": MASK}, kind="outpaint", margins={}), "invalid_request", "margin"),
        (with_tensors({"image": IMAGE, "mask": MASK}, seed=2**31), "invalid_request", "seed"),
        (with_tensors({"image": IMAGE, "mask": MASK}, seed=2**31 - 1, num_images=2), "invalid_request", "seed"),
        (with_tensors({"image": IMAGE, "mask": MASK}, model="no such model"), "model_not_found", "starter"),
        (with_tensors({"image": IMAGE, "mask": MASK}, color="red"), "invalid_request", "color"),
    ],
)
def test_what_is_refused_is_named(daemon: Daemon, body: bytes, code: str, words: str) -> None:
    _, got, message = refused(daemon, body)
    assert got == code
    assert words in message


def test_more_pixels_than_allowed_are_refused_by_the_header_alone(daemon: Daemon) -> None:
    side = 17_000
    message = {
        "kind": "inpaint",
        "document": {"width": side, "height": side},
        "bounds": {"x": 0, "y": 0, "width": side, "height": side},
    }
    length = side * side
    header = {
        "__metadata__": {"message": json.dumps(envelope(message, ("image", "mask")))},
        "image": {"dtype": "U8", "shape": [side, side, 3], "data_offsets": [0, 3 * length]},
        "mask": {"dtype": "U8", "shape": [side, side], "data_offsets": [3 * length, 4 * length]},
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=240)
    connection.putrequest("POST", "/v1/jobs")
    connection.putheader("Authorization", f"Bearer {daemon.secret}")
    connection.putheader("Content-Length", str(8 + len(text) + 4 * length))
    connection.endheaders(len(text).to_bytes(8, "little") + text)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    assert (answer.status, body["code"]) == (413, "too_many_pixels")
    assert "256" in body["message"]


def test_a_body_longer_than_the_limit_is_refused_before_it_is_sent(daemon: Daemon) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=240)
    connection.putrequest("POST", "/v1/jobs")
    connection.putheader("Authorization", f"Bearer {daemon.secret}")
    connection.putheader("Content-Length", str(2**40))
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (413, "too_large")
    connection.close()


def test_the_same_key_and_body_is_the_same_job(daemon: Daemon) -> None:
    body = frame(prompt="once", seed=None)
    first, second = daemon.submit(body, key="once-1"), daemon.submit(body, key="once-1")
    assert second["id"] == first["id"]
    assert second["seed"] == first["seed"]
    assert (first["replayed"], second["replayed"]) == (False, True)


def test_the_same_key_with_another_body_is_a_conflict(daemon: Daemon) -> None:
    daemon.submit(frame(prompt="one"), key="conflict-1")
    status, code, _ = refused(daemon, joined(frame(prompt="two")), key="conflict-1")
    assert (status, code) == (409, "idempotency_conflict")


def test_keys_of_two_clients_do_not_meet(daemon: Daemon) -> None:
    other = daemon.call("POST", "/v1/pair", {"code": daemon.secret, "client": "other"})["token"]
    mine = daemon.submit(frame(prompt="mine"), key="shared")
    theirs = daemon.submit(frame(prompt="theirs"), key="shared", token=other)
    assert mine["id"] != theirs["id"]


def spool_folders(daemon: Daemon) -> set[str]:
    return {folder.name for folder in (daemon.home / "spool").iterdir()}


def half_sent(daemon: Daemon, body: bytes, key: str) -> socket.socket:
    """A connection that has sent half of its upload and says no more."""
    connection = socket.create_connection(("127.0.0.1", daemon.port))
    head = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: localhost:{daemon.port}\r\nAuthorization: Bearer {daemon.secret}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body[: len(body) // 2])
    return connection


def until(condition: Any, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def test_a_connection_that_breaks_leaves_nothing_behind(daemon: Daemon) -> None:
    before = spool_folders(daemon)
    connection = half_sent(daemon, joined(frame(side=512)), "broken-1")
    until(lambda: spool_folders(daemon) - before)
    connection.close()
    until(lambda: not spool_folders(daemon) - before)


def test_an_unfinished_upload_is_replaced_by_a_newer_one(daemon: Daemon) -> None:
    body = joined(frame(side=256, prompt="retry"))
    stalled = half_sent(daemon, body, "retry-1")
    accepted = daemon.submit([body], key="retry-1")
    assert accepted["replayed"] is False
    stalled.sendall(body[len(body) // 2 :])
    answer = stalled.recv(65536).decode()
    stalled.close()
    assert "409" in answer.splitlines()[0]
    assert daemon.wait(accepted["id"])["state"] == "done"

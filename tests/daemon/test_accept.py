"""Artifacts as PNG and JPEG files: what the Accept header asks for, over HTTP and the WebSocket."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import aiohttp
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from bridge_server.edit.color.profiles import icc_of
from bridge_server.http.accept import choose
from bridge_server.protocol.frame import decode, encode
from tests.support.daemon import Daemon
from tests.support.envelopes import envelope
from tests.support.requests import arrays, frame, picture, tensor

FRAME, PNG, JPEG = "application/octet-stream", "image/png", "image/jpeg"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", FRAME),
        ("*/*", FRAME),
        ("image/png", PNG),
        ("IMAGE/JPEG", JPEG),
        ("image/*", PNG),
        ("image/png;q=0.5, image/jpeg", JPEG),
        ("image/jpeg;q=0.4, */*;q=0.2", JPEG),
        ("image/*;q=0.3, */*;q=0.8", FRAME),
        ("image/*, image/png;q=0", JPEG),
        ("image/avif,image/webp,image/png,*/*;q=0.8", PNG),
        ("image/png;q=0", None),
        ("text/html", None),
        ("image/webp, nonsense, /, image/png;q=many", None),
        ("application/octet-stream, image/png", FRAME),
    ],
)
def test_the_header_says_what_is_wanted_most(accept: str, chosen: str | None) -> None:
    assert choose(accept, (FRAME, PNG, JPEG)) == chosen


def fetch(daemon: Daemon, path: str, **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
    given = {"Authorization": f"Bearer {daemon.secret}", **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(daemon.url + path, headers=given), timeout=60) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def finished(daemon: Daemon, message: dict[str, Any], tensors: dict[str, Any]) -> str:
    job = daemon.submit(encode(message, tensors))["id"]
    assert daemon.wait(job)["state"] == "done"
    return job


def test_a_layer_as_png_has_its_mask_in_its_alpha_and_as_jpeg_lies_on_white(daemon: Daemon) -> None:
    job = daemon.submit(frame())["id"]
    assert daemon.wait(job)["state"] == "done"
    path = f"/v1/jobs/{job}/artifacts/layer/0"
    status, stored, headers = fetch(daemon, path)
    assert (status, headers["Content-Type"], headers["Vary"]) == (200, FRAME, "Accept")
    _, image, mask = arrays(stored)
    status, content, headers = fetch(daemon, path, Accept=PNG)
    assert (status, headers["Content-Type"], headers["Vary"]) == (200, PNG, "Accept")
    shown = imagecodecs.png_decode(content)
    assert (shown[:, :, :3] == image[:, :, :3]).all()
    assert (shown[:, :, 3] == np.rint(image[:, :, 3].astype(float) * mask / 255)).all() and shown[:, :, 3].min() < 255
    status, content, headers = fetch(daemon, path, Accept="text/html, image/jpeg;q=0.5")
    assert (status, headers["Content-Type"]) == (200, JPEG)
    flat = np.asarray(Image.open(io.BytesIO(content)), float)
    cover = shown[:, :, 3:].astype(float) / 255
    assert np.abs(flat - (shown[:, :, :3] * cover + 255 * (1 - cover))).mean() < 3
    status, part, _ = fetch(daemon, path, Accept=JPEG, Range="bytes=2-9")
    assert (status, part) == (206, content[2:10])


def test_several_lines_of_the_header_are_one_list(daemon: Daemon) -> None:
    job = daemon.submit(frame())["id"]
    daemon.wait(job)
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port)
    connection.putrequest("GET", f"/v1/jobs/{job}/artifacts/layer/0")
    for name, value in (("Authorization", f"Bearer {daemon.secret}"), ("Accept", "text/html"), ("Accept", PNG)):
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (200, PNG)
    connection.close()


def test_what_cannot_be_had_is_refused_with_what_can(daemon: Daemon) -> None:
    job = daemon.submit(frame())["id"]
    daemon.wait(job)
    status, content, headers = fetch(daemon, f"/v1/jobs/{job}/artifacts/layer/0", Accept="image/webp")
    told = json.loads(content)
    assert (status, told["code"], headers["Vary"]) == (406, "not_acceptable", "Accept")
    assert told["message"] == (
        "This artifact can be had as application/octet-stream (a frame), image/png or image/jpeg, and the Accept "
        "header takes none of these."
    )


def test_a_deep_picture_keeps_its_depth_and_profile_in_png(daemon: Daemon) -> None:
    """Upscaled by resampling, so that no model is needed."""
    deep = picture(64, 48).astype(np.uint16) * 257 + 3
    box = {"x": 0, "y": 0, "width": 64, "height": 48}
    icc = icc_of("Adobe RGB (1998)")
    tensors = {"image": tensor(deep), "icc": tensor(np.frombuffer(icc, np.uint8))}
    flat = {"kind": "enhance", "document": {"width": 64, "height": 48}, "bounds": box, "profile": "icc"}
    job = finished(daemon, envelope(flat, tensors), tensors)
    path = f"/v1/jobs/{job}/artifacts/layer/0"
    stored = decode(fetch(daemon, path)[1])
    spec = stored.header.tensors["image"]
    sent = np.frombuffer(stored.tensor("image"), "<u2").reshape(spec.shape)
    content = fetch(daemon, path, Accept=PNG)[1]
    shown = imagecodecs.png_decode(content)
    assert shown.dtype == np.uint16 and (shown[:, :, :3] == sent[:, :, :3]).all()
    assert Image.open(io.BytesIO(content)).info["icc_profile"] == icc


def test_files_that_were_made_count_as_the_jobs_and_go_with_it(daemon: Daemon) -> None:
    job = daemon.submit(frame())["id"]
    daemon.wait(job)
    before = daemon.call("GET", "/v1/status")["spool_bytes"]
    size = len(fetch(daemon, f"/v1/jobs/{job}/artifacts/layer/0", Accept=PNG)[1])
    assert daemon.call("GET", "/v1/status")["spool_bytes"] == before + size
    daemon.call("DELETE", f"/v1/jobs/{job}")
    assert not (daemon.home / "spool" / job).exists()


def test_a_result_whose_file_is_damaged_is_said_to_be(daemon: Daemon) -> None:
    job = daemon.submit(frame())["id"]
    daemon.wait(job)
    stored = daemon.home / "spool" / job / "result-0.frame"
    stored.write_bytes(stored.read_bytes()[:1000])
    status, content, _ = fetch(daemon, f"/v1/jobs/{job}/artifacts/layer/0", Accept=PNG)
    assert (status, json.loads(content)["message"].partition(".")[0]) == (404, "The file of this result is damaged")


async def test_the_socket_takes_the_header_too(daemon: Daemon) -> None:
    job = (await asyncio.to_thread(daemon.submit, frame()))["id"]
    await asyncio.to_thread(daemon.wait, job)
    path = f"/v1/jobs/{job}/artifacts/layer/0"
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{daemon.url}/v1/socket") as socket:
        await socket.send_json({"token": daemon.secret})
        await socket.receive_json(timeout=240)
        await socket.send_json({"rid": 1, "method": "GET", "path": path, "headers": {"Accept": PNG}})
        head = await socket.receive_json(timeout=60)
        assert (head["status"], head["content_type"]) == (200, PNG)
        content = b"".join([(await socket.receive(timeout=240)).data for _ in range(head["chunks"])])
    assert content == (await asyncio.to_thread(fetch, daemon, path, Accept=PNG))[1]

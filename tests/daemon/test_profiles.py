"""Depths and colour profiles on the whole way: what is refused at once, what a worker refuses, and what comes back."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.edit.color import from_working
from bridge_server.edit.color.profiles import icc_of
from bridge_server.protocol.frame import Tensor, decode, encode
from tests.support.daemon import Daemon
from tests.support.envelopes import envelope
from tests.support.requests import picture, tensor

SIDE = 64


def request(image: NDArray[Any] | None, profile: str | None, icc: bytes | None = None, **message: Any) -> list[Any]:
    tensors = {} if image is None else {"image": tensor(image)}
    if icc is not None:
        tensors["icc"] = Tensor("U8", (len(icc),), icc)
    full = {
        "kind": "txt2img" if image is None else "img2img",
        "document": {"width": SIDE, "height": SIDE},
        "bounds": {"x": 0, "y": 0, "width": SIDE, "height": SIDE},
        "prompt": "red apple",
        "steps": 2,
        **({} if image is None else {"strength": 0.5}),
        "seed": 1,
        "profile": profile,
        **message,
    }
    return encode(envelope(full, tensors), tensors)


def image_of(content: bytes) -> NDArray[Any]:
    got = decode(content)
    spec = got.header.tensors["image"]
    return np.frombuffer(got.tensor("image"), {"U8": "u1", "U16": "u2", "F32": "f4"}[spec.dtype]).reshape(spec.shape)


@pytest.mark.parametrize(
    ("channels", "profile", "icc", "code", "words"),
    [
        (3, "My Scanner", None, "unsupported", "“My Scanner” is not known by its name. Convert the image"),
        (1, "Dot Gain 20%", None, "unsupported", "Convert the image to the profile “Gray Gamma 2.2”"),
        (1, "Display P3", None, "unsupported", "is for colour images, and this image is grayscale"),
        (3, "Gray Gamma 2.2", None, "unsupported", "is for grayscale images, and this image is colour"),
        (3, "icc", None, "invalid_request", "no tensor icc"),
        (3, "icc", bytes(16 * 2**20 + 1), "invalid_request", "at most 16777216 bytes"),
        (3, "x" * 201, None, "invalid_request", "profile"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused_at_once(
    daemon: Daemon, channels: int, profile: str, icc: bytes | None, code: str, words: str
) -> None:
    image = picture(SIDE, SIDE)[:, :, :channels]
    with pytest.raises(HTTPError) as caught:
        daemon.submit(request(image, profile, icc))
    error = json.loads(caught.value.read())
    assert error["code"] == code and words in error["message"]


@pytest.mark.parametrize(
    ("icc", "words"),
    [
        (icc_of("Adobe RGB (1998)").replace(b"RGB ", b"CMYK", 1), "for CMYK, which is not supported. Convert a copy"),
        (icc_of("Adobe RGB (1998)")[:400], "cannot be read: it is cut off. Assign the image another profile"),
        (icc_of("Gray Gamma 2.2"), "is for grayscale images, and this image is colour"),
    ],
)
def test_a_profile_that_turns_out_to_be_useless_fails_the_job_with_the_way_on(
    daemon: Daemon, icc: bytes, words: str
) -> None:
    snapshot = daemon.wait(daemon.submit(request(picture(SIDE, SIDE), "icc", icc))["id"])
    assert snapshot["state"] == "failed"
    assert snapshot["error"]["code"] == "unsupported" and words in snapshot["error"]["message"]


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_result_has_the_depth_and_the_profile_of_its_request(daemon: Daemon, dtype: type) -> None:
    """The same picture in sRGB and in ProPhoto gives the same layer, each in its own numbers."""
    srgb = picture(SIDE, SIDE).astype(np.float32) / 255
    layers = []
    for name in ("sRGB", "ProPhoto RGB"):
        icc = icc_of(name)
        image = from_working(srgb, np.dtype(dtype), False, icc)
        snapshot = daemon.wait(daemon.submit(request(image, "icc", icc))["id"])
        assert snapshot["state"] == "done", snapshot["error"]
        content = daemon.call("GET", f"/v1/jobs/{snapshot['id']}/artifacts/layer/0")
        layer = image_of(content)
        assert layer.dtype == dtype and layer.shape == (SIDE, SIDE, 4)
        got = decode(content)
        assert bytes(got.tensor("icc")) == icc and got.message["request"]["inputs"]["image"]["profile"] == "icc"
        layers.append(layer[:, :, :3])
    expected = from_working(
        layers[0].astype(np.float32) / (65535 if dtype is np.uint16 else 1), np.dtype(dtype), False, icc
    )
    full = 65535 if dtype is np.uint16 else 1
    assert np.abs(layers[1].astype(float) - expected).max() / full < 0.02
    assert np.abs(layers[1].astype(float) - layers[0]).mean() / full > 0.03


def test_a_new_picture_for_a_gray_document_is_gray(daemon: Daemon) -> None:
    snapshot = daemon.wait(daemon.submit(request(None, "Gray Gamma 2.2"))["id"])
    assert snapshot["state"] == "done", snapshot["error"]
    assert image_of(daemon.call("GET", f"/v1/jobs/{snapshot['id']}/artifacts/layer/0")).shape == (SIDE, SIDE, 2)

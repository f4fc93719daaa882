"""Artifacts as picture files: every kind of output, every depth."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bridge_server.edit.color.profiles import icc_of
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.protocol.frame import Frame, Tensor, decode, encode
from bridge_server.worker.picture import main, picture_file
from tests.support.requests import picture, tensor

PNG, JPEG = "image/png", "image/jpeg"
CLEAR = np.zeros((40, 60, 1), np.uint8)


def frame(arrays: dict[str, NDArray[Any]], **message: Any) -> Frame:
    tensors: dict[str, Tensor] = {name: tensor(array) for name, array in arrays.items()}
    return decode(memoryview(b"".join(bytes(part) for part in encode(message, tensors))))


def png(made: Frame) -> tuple[NDArray[Any], bytes | None]:
    content = b"".join(bytes(part) for part in picture_file(made, PNG))
    return imagecodecs.png_decode(content), Image.open(io.BytesIO(content)).info.get("icc_profile")


def jpeg(made: Frame) -> NDArray[np.uint8]:
    content = b"".join(bytes(part) for part in picture_file(made, JPEG))
    opened = Image.open(io.BytesIO(content))
    assert opened.mode == "RGB" and "icc_profile" not in opened.info
    return np.asarray(opened)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("full", [255, 65535])
def test_a_document_is_in_png_as_it_is(channels: int, full: int) -> None:
    rng = np.random.default_rng(channels)
    pixels = rng.integers(0, full + 1, (40, 60, channels)).astype(np.uint8 if full == 255 else np.uint16)
    shown, profile = png(frame({"image": pixels}))
    assert shown.dtype == pixels.dtype and (shown.reshape(pixels.shape) == pixels).all() and profile is None


def test_float_becomes_sixteen_bits_in_its_own_profile() -> None:
    values = np.linspace(-0.5, 1.5, 40 * 60 * 3, dtype=np.float32).reshape(40, 60, 3)
    values[0, 0] = np.nan
    request = {"inputs": {"image": {"profile": "Linear sRGB"}}}
    shown, profile = png(frame({"image": values}, request=request))
    wanted = np.rint(np.clip(np.nan_to_num(values), 0, 1) * 65535)
    assert shown.dtype == np.uint16 and (shown == wanted).all() and profile == icc_of("Linear sRGB")


def test_a_selection_is_gray_and_white_is_selected() -> None:
    mask = np.arange(40 * 60).reshape(40, 60).astype(np.uint8)
    shown, profile = png(frame({"mask": mask}))
    assert (shown == mask).all() and profile is None
    assert np.abs(jpeg(frame({"mask": mask}))[:, :, 1].astype(int) - mask).mean() < 2


def test_a_jpeg_is_in_srgb_whatever_the_profile() -> None:
    """A mid gray of linear light, 0.2140, is 0.5 of sRGB: 127.5."""
    gray = np.full((40, 60, 3), 0.2140, np.float32)
    icc = np.frombuffer(icc_of("Linear sRGB"), np.uint8)
    assert np.abs(jpeg(frame({"image": gray, "icc": icc})).astype(float) - 127.5).max() <= 1.5


def test_what_is_transparent_lies_on_white_in_a_jpeg() -> None:
    layer = np.concatenate([picture(60, 40), CLEAR], axis=2)
    assert jpeg(frame({"image": layer, "mask": np.full((40, 60), 255, np.uint8)})).min() == 255
    layer[:, :, 3] = 255
    assert jpeg(frame({"image": layer, "mask": CLEAR[:, :, 0]})).min() == 255


def test_a_request_of_before_envelopes_names_its_profile_beside_its_options() -> None:
    _, profile = png(frame({"image": picture(60, 40)}, request={"kind": "inpaint", "profile": "Display P3"}))
    assert profile == icc_of("Display P3")


def test_a_text_is_no_picture() -> None:
    with pytest.raises(BridgeError) as refused:
        picture_file(frame({}), PNG)
    assert refused.value.code is ErrorCode.UNSUPPORTED


def test_a_jpeg_cannot_be_endlessly_long() -> None:
    with pytest.raises(BridgeError, match="Ask for image/png instead"):
        picture_file(frame({"mask": np.zeros((1, 65501), np.uint8)}), JPEG)


def test_the_process_says_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "odd.frame").write_bytes(b"no frame")
    for name, said in (("odd.frame", "damaged"), ("gone.frame", "gone")):
        assert main([str(tmp_path / name), PNG, str(tmp_path / "out.png")]) == 1
        told = json.loads(capsys.readouterr().out)
        assert told["code"] == "not_found" and said in told["message"]
    assert not (tmp_path / "out.png").exists()

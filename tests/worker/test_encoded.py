"""Pictures sent as files: what is read of them, what is refused, and a job that paints as with their pixels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bridge_server.edit.color import to_working
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.protocol.frame import Tensor, encode
from bridge_server.worker import encoded
from bridge_server.worker.encoded import decode_picture
from bridge_server.worker.request import open_request
from tests.edit.profiles import icc_of
from tests.support.envelopes import envelope

from .rig import Rig, make_task, photo, read_result, ref_of

PNG, JPEG = "image/png", "image/jpeg"
ROTATED = 6  # Exif: the right side of what is stored is the top


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def decoded(data: bytes, media_type: str = PNG) -> encoded.Decoded:
    return decode_picture("reference/1", memoryview(data), media_type)


def tensor_of_file(data: bytes) -> Tensor:
    return Tensor("U8", (len(data),), data)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_png_gives_its_own_pixels(mode: str) -> None:
    channels = len(mode) if mode != "L" else 1
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, channels), np.uint8)
    image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels, mode)
    found = decoded(file_of(image)).pixels
    assert found.dtype == np.uint8 and np.array_equal(found, pixels)


def test_a_gray_png_of_16_bits_keeps_them() -> None:
    pixels = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    found = decoded(file_of(Image.fromarray(pixels)))
    assert found.pixels.dtype == np.uint16 and np.array_equal(found.pixels[:, :, 0], pixels)


def test_a_palette_with_a_clear_entry_becomes_colors_with_alpha() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    found = decoded(file_of(image, transparency=1)).pixels
    assert found.tolist() == [[[255, 0, 0, 255], [0, 0, 255, 0]]]


def test_a_jpeg_is_upright_and_brings_its_profile() -> None:
    exif = Image.Exif()
    exif[0x0112] = ROTATED
    icc = icc_of("Adobe RGB (1998)")
    lying = Image.new("RGB", (30, 20), (200, 30, 30))
    found = decoded(file_of(lying, "JPEG", exif=exif, icc_profile=icc, quality=95), JPEG)
    assert found.pixels.shape == (30, 20, 3) and found.profile == icc


@pytest.mark.parametrize(
    ("data", "media_type", "code", "words"),
    [
        (b"GIF89a and so on", PNG, ErrorCode.INVALID_REQUEST, "reference/1: the file is no PNG picture."),
        (file_of(Image.new("RGB", (4, 4))), JPEG, ErrorCode.INVALID_REQUEST, "is no JPEG picture"),
        (file_of(Image.fromarray(photo()))[:-900], PNG, ErrorCode.INVALID_REQUEST, "damaged or incomplete"),
        (file_of(Image.fromarray(photo()), "JPEG")[:700], JPEG, ErrorCode.INVALID_REQUEST, "damaged or incomplete"),
        (file_of(Image.new("CMYK", (4, 4)), "JPEG"), JPEG, ErrorCode.UNSUPPORTED, "is CMYK, not RGB or gray"),
    ],
)
def test_what_cannot_be_read_is_told(data: bytes, media_type: str, code: ErrorCode, words: str) -> None:
    with pytest.raises(BridgeError) as refused:
        decoded(data, media_type)
    assert refused.value.code is code and words in refused.value.message


def test_a_picture_that_is_too_large_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "MAX_CROP_PIXELS", 100)
    with pytest.raises(BridgeError) as refused:
        decoded(file_of(Image.new("L", (11, 10)))[:60])  # the pixels are not there
    assert refused.value.code is ErrorCode.TOO_MANY_PIXELS


def test_the_only_limit_of_pixels_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)  # Pillow refuses twice as many
    assert decoded(file_of(Image.new("1", (11, 10)))).pixels.shape == (10, 11, 1)
    assert Image.MAX_IMAGE_PIXELS == 40
    monkeypatch.setattr(encoded, "MAX_CROP_PIXELS", 100)
    with pytest.raises(BridgeError):
        decoded(file_of(Image.new("1", (11, 10))))
    assert Image.MAX_IMAGE_PIXELS == 40


def test_an_order_has_further_pictures_with_what_their_numbers_mean(tmp_path: Path) -> None:
    pixels = tensor_of_file(file_of(Image.fromarray(photo(6, 8)), icc_profile=icc_of("Adobe RGB (1998)")))
    box = {"x": 0, "y": 0, "width": 2, "height": 1}
    tensors = {"reference/1": pixels, "control/1": Tensor("U8", (1, 2, 3), bytes(6)), "image": pixels}
    inputs = {
        "image": {"media_type": PNG},
        "reference/1": {"media_type": PNG, "profile": "sRGB"},
        "control/1": {"bounds": box, "profile": "Adobe RGB (1998)"},
    }
    message = envelope({"kind": "img2img", "document": {"width": 8, "height": 6}, "inputs": inputs}, tensors)
    path = tmp_path / "a.frame"
    path.write_bytes(b"".join(bytes(part) for part in encode(message, tensors)))
    with open_request(path) as order:
        assert {role: array.shape for role, array in order.inputs.items()} == {
            "image": (6, 8, 3),
            "reference/1": (6, 8, 3),
            "control/1": (1, 2, 3),
        }
        assert order.profiles == {"reference/1": "sRGB", "control/1": "Adobe RGB (1998)"}
        assert order.source.profile == icc_of("Adobe RGB (1998)")
    message["document"]["width"] = 9
    path.write_bytes(b"".join(bytes(part) for part in encode(message, tensors)))
    with pytest.raises(BridgeError, match="the picture is 8 x 6 pixels, and 9 x 6 are meant"), open_request(path):
        raise AssertionError("it does not fit")


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
@pytest.mark.parametrize("named", [None, "sRGB", "Gray Gamma 2.2"])
def test_gray_that_was_saved_with_a_profile_of_colors_can_be_worked_with(
    tmp_path: Path, mode: str, named: str | None
) -> None:
    image = Image.new("LA", (4, 3), (90, 200)) if mode == "LA" else Image.new(mode, (4, 3), 90)
    file = tensor_of_file(file_of(image, icc_profile=icc_of("Adobe RGB (1998)")))
    given = {"media_type": PNG} | ({} if named is None else {"profile": named})
    asked = {"kind": "img2img", "document": {"width": 4, "height": 3}, "inputs": {"image": given}}
    path = tmp_path / "a.frame"
    path.write_bytes(b"".join(bytes(part) for part in encode(envelope(asked, {"image": file}), {"image": file})))
    with open_request(path) as order:
        assert order.source.image is not None
        color, alpha = to_working(order.source.image, order.source.profile)
    assert np.ptp(color, axis=2).max() < 1e-5
    assert (alpha is None) == (mode != "LA")
    if named is None:
        rgb = np.full((3, 4, 3), 90, np.uint16 if mode == "I;16" else np.uint8)
        assert np.array_equal(color, to_working(rgb, icc_of("Adobe RGB (1998)"))[0])


def test_a_job_paints_the_same_of_a_file_as_of_its_pixels(
    rig: Rig, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    asked = {"kind": "img2img", "steps": 2, "strength": 0.5}
    plain = make_task(tmp_path, ref_of(tiny_models["plain"]), name="pixels", image=photo(), **asked)
    assert rig.run(plain)["event"] == "done"
    file = tensor_of_file(file_of(Image.fromarray(photo())))
    document = {"width": photo().shape[1], "height": photo().shape[0]}
    message = envelope({**asked, "prompt": "red apple", "document": document, "inputs": {"image": {"media_type": PNG}}})
    again = make_task(tmp_path, ref_of(tiny_models["plain"]), name="file", image=photo(), **asked)
    Path(again.request).write_bytes(b"".join(bytes(part) for part in encode(message, {"image": file})))
    assert rig.run(again)["event"] == "done"
    (_, layer, mask), (_, same, same_mask) = read_result(plain), read_result(again)
    assert np.array_equal(layer, same) and np.array_equal(mask, same_mask)

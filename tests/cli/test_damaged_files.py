"""Files with wrong bytes: a picture or one sentence, and nothing else is printed."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bridge_server.cli.pictures.reading import read_picture
from bridge_server.errors import BridgeError

from .samples import ADOBE_RGB, exr, icc_chunk, noise, png

P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)
KINDS = ("png", "tif", "palette.tif", "exr", "jpg", "webp", "gif", "psd")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    gamma = b"gAMA", struct.pack(">I", 100000)
    png(folder / "a.png", noise("uint16", 4), icc_chunk(ADOBE_RGB), gamma, (b"cICP", bytes([12, 13, 0, 1])))
    tifffile.imwrite(folder / "a.tif", noise("uint16", 3), photometric="rgb", compression="zlib", iccprofile=ADOBE_RGB)
    values = noise("float32", 4)
    exr(folder / "a.exr", {name: values[:, :, i] for i, name in enumerate("RGBA")}, chromaticities=P3)
    Image.fromarray(noise("uint8", 3)).save(folder / "a.jpg", icc_profile=ADOBE_RGB)
    tones = Image.fromarray(noise("uint8", 3))
    tones.quantize(16).save(folder / "a.palette.tif")
    tones.save(folder / "a.webp", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0")
    tones.quantize(16).save(folder / "a.gif", save_all=True, append_images=[tones.rotate(90).quantize(16)])
    layers = b"\0\0\0\x30" + b"\0\0\0\x2c\0\1" + bytes(42)
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 20, 30, 8, 3) + bytes(8)
    (folder / "a.psd").write_bytes(header + layers + bytes(2) + noise("uint8", 3).transpose(2, 0, 1).tobytes())
    return {kind: (folder / f"a.{kind}").read_bytes() for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4), share=st.floats(0.1, 2)
)
def test_wrong_bytes_give_a_picture_or_a_sentence(
    whole: dict[str, bytes],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    kind: str,
    places: list[tuple[float, int]],
    share: float,
) -> None:
    data = bytearray(whole[kind])
    for where, value in places:
        data[8 + int(where**3 * (len(data) - 9))] = value  # rather near the start, where the structure is
    (tmp_path / f"a.{kind}").write_bytes(data[: int(len(data) * share)])
    try:
        picture = read_picture(tmp_path / f"a.{kind}")
        assert picture.pixels.ndim == 3
    except BridgeError as error:
        assert f"a.{kind}" in error.message
        assert error.message.endswith(".")
        assert "\n" not in error.message
    assert capfd.readouterr() == ("", "")

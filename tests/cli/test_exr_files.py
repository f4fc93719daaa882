"""OpenEXR: half and float, windows, chromaticities, and the sentence for what is no plain picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

from bridge_server.cli.pictures.exr import read_exr, write_exr
from bridge_server.cli.pictures.picture import premultiplied, straight
from bridge_server.errors import BridgeError

from .samples import exr, exr_values, noise, to_srgb

P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)
ACES_AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)


def split(pixels: np.ndarray, names: str) -> dict[str, np.ndarray]:
    return {name: pixels[:, :, index] for index, name in enumerate(names)}


def window(left: int, top: int, right: int, bottom: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([left, top], np.int32), np.array([right, bottom], np.int32)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("names", ["Y", "YA", "RGB", "RGBA"])
def test_each_kind_is_read_and_written_as_it_is(tmp_path: Path, dtype: str, names: str) -> None:
    pixels = noise(dtype, len(names)) * 5 - 1
    picture = read_exr(exr(tmp_path / "in.exr", split(pixels, names), chromaticities=P3))
    assert (picture.half, picture.premultiplied) == (dtype == "float16", "A" in names)
    assert (picture.pixels == pixels).all()
    write_exr(tmp_path / "out.exr", picture.pixels, picture.chromaticities, half=picture.half)
    written = exr_values(tmp_path / "out.exr", names)
    assert written.dtype == dtype
    assert (written == pixels).all()
    assert OpenEXR.File(str(tmp_path / "out.exr")).header()["chromaticities"] == pytest.approx(P3)


@pytest.mark.parametrize(
    ("header", "expected"),
    [({}, [0.7354, 0.0, 0.0]), ({"chromaticities": P3}, [0.806, -0.272, -0.127]), ({"chromaticities": ACES_AP0}, None)],
)
def test_its_profile_is_linear_with_the_chromaticities_it_tells(
    tmp_path: Path, header: dict[str, Any], expected: list[float] | None
) -> None:
    profile = read_exr(exr(tmp_path / "p.exr", split(noise("float32", 3), "RGB"), **header)).profile
    assert profile is not None
    assert to_srgb([0.5, 0.5, 0.5], profile) == pytest.approx([0.7354] * 3, abs=0.003)
    if expected is not None:
        assert to_srgb([0.5, 0.0, 0.0], profile) == pytest.approx(expected, abs=0.01)


def test_the_display_window_is_the_picture(tmp_path: Path) -> None:
    pixels = noise("float32", 4)  # 30 x 20
    header = {"dataWindow": window(-3, 2, 26, 21), "displayWindow": window(0, 0, 39, 29)}
    picture = read_exr(exr(tmp_path / "p.exr", split(pixels, "RGBA"), **header))
    assert picture.pixels.shape == (30, 40, 4)
    assert (picture.pixels[2:22, :27] == pixels[:, 3:]).all()
    assert not picture.pixels[:, 27:].any()
    assert "beyond its display window" in picture.notes[0]


def test_straight_colors_and_back() -> None:
    pixels = np.array([[[0.5, 4.0, -0.1, 0.5], [0.2, 0.3, 0.4, 0.0], [1.0, 2.0, 3.0, 1.0]]], np.float32)
    assert straight(pixels).tolist() == np.float32([[[1, 8, -0.2, 0.5], [0.2, 0.3, 0.4, 0], [1, 2, 3, 1]]]).tolist()
    assert premultiplied(straight(pixels))[0, [0, 2]].tolist() == pixels[0, [0, 2]].tolist()


def test_other_channels_and_parts_are_told(tmp_path: Path) -> None:
    pixels = noise("float32", 4)
    extra = exr(tmp_path / "extra.exr", split(pixels, "RGBZ"))
    assert "one more channel than" in read_exr(extra).notes[0]
    parts = [
        OpenEXR.Part({}, {key: np.ascontiguousarray(value) for key, value in split(pixels, "RGB").items()}, name)
        for name in ("left", "right")
    ]
    OpenEXR.File(parts).write(str(tmp_path / "parts.exr"))
    assert "2 parts; only the first" in read_exr(tmp_path / "parts.exr").notes[0]


@pytest.mark.parametrize("names", ["R", "Z", "RG"])
def test_what_has_no_plain_colors_is_refused(tmp_path: Path, names: str) -> None:
    path = exr(tmp_path / "p.exr", split(noise("float32", 4), names))
    with pytest.raises(BridgeError, match=r"no plain colour channels.*Save it as a plain OpenEXR"):
        read_exr(path)


def test_whole_number_channels_are_refused(tmp_path: Path) -> None:
    path = exr(tmp_path / "p.exr", {name: np.ones((8, 8), np.uint32) for name in "RGB"})
    with pytest.raises(BridgeError, match="channel R with fewer samples or whole numbers"):
        read_exr(path)


def test_a_deep_picture_is_refused(tmp_path: Path) -> None:
    samples = np.empty((4, 5), object)
    for index in np.ndindex(samples.shape):
        samples[index] = np.ones(2, np.float32)
    header = {"type": OpenEXR.deepscanline, "compression": OpenEXR.ZIPS_COMPRESSION}
    OpenEXR.File(header, dict.fromkeys("RGBA", samples)).write(str(tmp_path / "p.exr"))
    with pytest.raises(BridgeError, match=r"is a deep picture.*Flatten it"):
        read_exr(tmp_path / "p.exr")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_a_file_that_is_cut_is_named_and_nothing_else_is_printed(
    tmp_path: Path, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    path = exr(tmp_path / "cut.exr", split(noise("float32", 3, (80, 60)), "RGB"))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BridgeError, match=r"cut\.exr is damaged or incomplete: .+\.$"):
        read_exr(path)
    assert capfd.readouterr() == ("", "")

"""Pixels per inch: read of every kind of file that tells them, turned with the picture, and written with the result."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import tifffile
from PIL import Image

from bridge_server.cli.pictures.reading import read_picture
from bridge_server.cli.pictures.resolution import Resolution, of_phys, phys_of, plausible, turned
from bridge_server.cli.pictures.writing import Target, choose_target

from .samples import exr, noise, png
from .shell import Shell

PER_METER, UNKNOWN_UNIT = 1, 0


def jpeg(path: Path, dpi: tuple[int, int], orientation: int = 1) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(noise("uint8", 3)).save(path, dpi=dpi, exif=exif)
    return path


def test_each_kind_of_file_tells_it(tmp_path: Path) -> None:
    pixels = noise("uint16", 3)
    tifffile.imwrite(tmp_path / "inch.tif", pixels, resolution=(300, 150), resolutionunit="INCH", metadata=None)
    tifffile.imwrite(tmp_path / "cm.tif", pixels, resolution=(100, 100), resolutionunit="CENTIMETER", metadata=None)
    png(tmp_path / "meter.png", pixels, (b"pHYs", struct.pack(">IIB", 11811, 11811, PER_METER)))
    exr(tmp_path / "dense.exr", dict.fromkeys("RGB", noise("float32", 1)[:, :, 0]), xDensity=150.0)
    found = {file.name: read_picture(file).resolution for file in sorted(tmp_path.iterdir())}
    found["photo.jpg"] = read_picture(jpeg(tmp_path / "photo.jpg", (240, 240))).resolution
    assert found == {
        "inch.tif": (300, 150),
        "cm.tif": (254, 254),
        "meter.png": pytest.approx((300, 300), abs=0.001),
        "dense.exr": (150, 150),
        "photo.jpg": (240, 240),
    }


def test_a_picture_that_is_turned_has_it_turned(tmp_path: Path) -> None:
    assert read_picture(jpeg(tmp_path / "across.jpg", (100, 200), 1)).resolution == (100, 200)
    assert read_picture(jpeg(tmp_path / "down.jpg", (100, 200), 6)).resolution == (200, 100)
    assert turned(None, 6) is None


@pytest.mark.parametrize("name", ["none.png", "none.tif", "none.exr"])
def test_where_nothing_is_said_nothing_is_known(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "none.png":
        png(path, noise("uint8", 3))
    elif name == "none.tif":
        tifffile.imwrite(path, noise("uint8", 3), metadata=None)
    else:
        exr(path, dict.fromkeys("RGB", noise("float32", 1)[:, :, 0]))
    assert read_picture(path).resolution is None


@pytest.mark.parametrize(
    "chunk",
    [
        b"",
        struct.pack(">II", 11811, 11811),
        struct.pack(">IIB", 1, 2, UNKNOWN_UNIT),
        struct.pack(">IIB", 0, 11811, PER_METER),
    ],
)
def test_a_chunk_that_says_nothing_of_use(chunk: bytes) -> None:
    assert of_phys(chunk) is None


@pytest.mark.parametrize("value", [0.0, -72.0, float("nan"), float("inf"), 1e9])
def test_impossible_numbers_are_not_known(value: float) -> None:
    assert plausible(value, 72.0) is None
    assert plausible(72.0, value) is None


@pytest.mark.parametrize("resolution", [(72.0, 72.0), (300.0, 300.0), (240.5, 120.25)])
def test_png_holds_whole_pixels_per_meter(resolution: Resolution) -> None:
    assert of_phys(phys_of(resolution)) == pytest.approx(resolution, abs=0.0254 / 2)


@pytest.mark.parametrize("kind", ["png", "tiff", "exr"])
def test_it_is_written(tmp_path: Path, kind: str) -> None:
    pixels = noise("float32" if kind == "exr" else "uint16", 4)
    Target(kind, resolution=(300, 150)).save(tmp_path / f"out.{kind}", pixels)
    across, down = read_picture(tmp_path / f"out.{kind}").resolution or (0, 0)
    assert across == pytest.approx(300, abs=0.01)
    assert down == pytest.approx(300 if kind == "exr" else 150, abs=0.02)  # an EXR's pixels are square


def test_without_one_none_is_written(tmp_path: Path) -> None:
    Target("png").save(tmp_path / "out.png", noise("uint8", 3))
    assert "dpi" not in Image.open(tmp_path / "out.png").info
    Target("exr").save(tmp_path / "out.exr", noise("float32", 3))
    assert "xDensity" not in OpenEXR.File(str(tmp_path / "out.exr")).header()
    Target("tiff").save(tmp_path / "out.tiff", noise("uint8", 3))
    assert read_picture(tmp_path / "out.tiff").resolution is None


def test_another_kind_of_file_keeps_it(tmp_path: Path) -> None:
    document = read_picture(jpeg(tmp_path / "in.jpg", (240, 240)))
    assert choose_target(document, "tiff").resolution == choose_target(document, None).resolution == (240, 240)


def test_what_is_made_of_a_picture_has_its_resolution(shell: Shell, tmp_path: Path) -> None:
    """An enlarged picture too: as many pixels per inch, on larger paper, as editors scale one."""
    held = io.BytesIO()
    Image.fromarray(noise("uint8", 3, (40, 30))).save(held, "PNG", dpi=(300, 300))
    (tmp_path / "in.png").write_bytes(held.getvalue())
    for operation in ("upscale", "enhance"):
        done = shell("generate", operation, "--image", tmp_path / "in.png", "--out", tmp_path / operation)
        assert done.returncode == 0, done.stderr
        written = Image.open(tmp_path / operation / "flat-1.png")
        assert written.info["dpi"] == pytest.approx((300, 300), abs=0.001)
    assert np.asarray(Image.open(tmp_path / "upscale" / "flat-1.png")).shape == (60, 80, 3)

"""TIFF as tifffile and Pillow write it: every depth and layout that is read, and the sentence for what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from bridge_server.cli.pictures.picture import straight
from bridge_server.cli.pictures.reading import read_picture
from bridge_server.cli.pictures.tiff import write_tiff
from bridge_server.errors import BridgeError, ErrorCode

from .samples import ADOBE_RGB, GRAY_GAMMA_2, noise


def tiff(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    """Chunky unless told otherwise; the channels decide on gray or RGB and on alpha."""
    channels = pixels.shape[0 if options.get("planarconfig") == "separate" else -1]
    plain = {
        "photometric": "rgb" if channels > 2 else "minisblack",
        "planarconfig": "contig",
        "extrasamples": ["unassalpha"] if channels in (2, 4) else None,
        "metadata": None,
    }
    tifffile.imwrite(path, pixels.squeeze() if channels == 1 else pixels, **{**plain, **options})
    return path


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_each_depth_is_read_and_written_as_it_is(tmp_path: Path, dtype: str, channels: int) -> None:
    pixels, profile = noise(dtype, channels), ADOBE_RGB if channels > 2 else GRAY_GAMMA_2
    picture = read_picture(tiff(tmp_path / "in.tif", pixels, iccprofile=profile))
    assert picture.pixels.dtype == ("float32" if dtype == "float16" else dtype)
    assert picture.half == (dtype == "float16")
    assert (picture.pixels == pixels).all()
    assert (picture.profile, picture.notes, picture.kind) == (profile, (), "tiff")
    write_tiff(tmp_path / "out.tiff", picture.pixels, picture.profile, half=picture.half, premultiplied=False)
    with tifffile.TiffFile(tmp_path / "out.tiff") as written:
        page = written.pages[0].aspage()
        assert page.asarray().dtype == dtype
        assert (page.asarray() == pixels.squeeze()).all()
        assert page.iccprofile == profile
        assert [int(kind) for kind in page.extrasamples] == ([2] if channels in (2, 4) else [])


@pytest.mark.parametrize(
    "options",
    [
        {"planarconfig": "separate"},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"tile": (16, 16)},
        {"compression": "lzw", "predictor": True},
    ],
    ids=str,
)
def test_each_layout_is_read(tmp_path: Path, options: dict[str, Any]) -> None:
    pixels = noise("uint16", 4)
    stored = np.moveaxis(pixels, 2, 0) if "planarconfig" in options else pixels
    assert (read_picture(tiff(tmp_path / "p.tif", stored, **options)).pixels == pixels).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_as_pillow_turns_it(tmp_path: Path, orientation: int) -> None:
    path = tiff(tmp_path / "p.tif", noise("uint8", 3), extratags=[(274, 3, 1, orientation, True)])
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    assert (read_picture(path).pixels == expected).all()


def test_associated_alpha_is_kept_and_can_be_made_straight(tmp_path: Path) -> None:
    color = np.array([[[60000, 30000, 0, 65535], [6000, 3000, 0, 6554], [7, 7, 7, 0]]], np.uint16)
    picture = read_picture(tiff(tmp_path / "p.tif", color, extrasamples=["assocalpha"]))
    assert picture.premultiplied
    assert (picture.pixels == color).all()
    assert straight(picture.pixels).tolist() == [[[60000, 30000, 0, 65535], [59995, 29998, 0, 6554], [7, 7, 7, 0]]]


def test_kinds_of_a_bit_or_a_palette_are_read_as_pillow_shows_them(tmp_path: Path) -> None:
    photo = Image.fromarray(noise("uint8", 3))
    for name, image, options in (
        ("bits", photo.convert("1"), {"compression": "group4"}),
        ("palette", photo.quantize(20), {}),
        ("jpeg", photo, {"compression": "jpeg"}),
    ):
        path = tmp_path / f"{name}.tif"
        image.save(path, **options)
        shown = Image.open(path).convert("L" if name == "bits" else "RGB")
        assert (read_picture(path).pixels.squeeze() == np.asarray(shown)).all(), name


def test_white_is_zero_is_turned_over(tmp_path: Path) -> None:
    pixels = noise("uint16", 1)
    path = tiff(tmp_path / "p.tif", pixels, photometric="miniswhite")
    assert (read_picture(path).pixels == 65535 - pixels).all()


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    pixels = noise("uint16", 3)
    several = tmp_path / "several.tif"
    with tifffile.TiffWriter(several) as writer:
        for _ in range(3):
            writer.write(pixels, photometric="rgb", metadata=None)
    spot = tiff(tmp_path / "spot.tif", noise("uint16", 4), extrasamples=["unspecified"])
    assert "3 pages; only the first" in read_picture(several).notes[0]
    assert "one more channel than colours and transparency; it is not used" in read_picture(spot).notes[0]
    two = tiff(tmp_path / "two.tif", noise("uint16", 5), photometric="rgb", extrasamples=["unspecified"] * 2)
    assert "2 more channels than colours and transparency; they are not used" in read_picture(two).notes[0]
    assert read_picture(spot).pixels.shape[2] == 3
    plain = read_picture(tiff(tmp_path / "float.tif", noise("float32", 3)))
    assert "taken as sRGB" in plain.notes[0]


@pytest.mark.parametrize(
    ("dtype", "sentence"),
    [("uint32", "32-bit whole-number"), ("float64", "64-bit floating-point"), ("int16", "16-bit signed")],
)
def test_a_depth_that_cannot_be_kept_is_refused(tmp_path: Path, dtype: str, sentence: str) -> None:
    path = tiff(tmp_path / "p.tif", np.ones((8, 8, 3), dtype))
    with pytest.raises(BridgeError, match=f"{sentence} values, which cannot be kept exactly. Save it with") as refused:
        read_picture(path)
    assert refused.value.code is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize(("mode", "named"), [("CMYK", "a CMYK"), ("LAB", "a Lab"), ("YCbCr", "YCbCr")])
def test_other_color_models_are_refused(tmp_path: Path, mode: str, named: str) -> None:
    Image.fromarray(noise("uint8", 3)).convert(mode).save(tmp_path / "p.tif")
    with pytest.raises(BridgeError, match=f"{named}.*Convert it to RGB or gray"):
        read_picture(tmp_path / "p.tif")


@pytest.mark.parametrize("length", [9, 100, 3000])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_file_that_is_cut_is_named(
    tmp_path: Path, length: int, compression: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tiff(tmp_path / "cut.tif", noise("uint16", 3, (60, 40)), compression=compression)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BridgeError, match=r"cut\.tif is damaged or incomplete: .+\.$"):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


def test_what_claims_to_be_huge_is_refused_at_once(tmp_path: Path) -> None:
    path = tiff(tmp_path / "p.tif", noise("uint16", 3))
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].aspage().tags[256].overwrite(60000)
        file.pages[0].aspage().tags[257].overwrite(60000)
    with pytest.raises(BridgeError, match="60000x60000 pixels"):
        read_picture(path)


@pytest.mark.parametrize("maker", [{"extratags": [(50706, 1, 4, (1, 4, 0, 0), True)]}, {}])
def test_a_raw_camera_file_is_called_so(tmp_path: Path, maker: dict[str, Any]) -> None:
    """TIFF/EP, as DNG and NEF: a small picture first, and beneath it the sensor's values."""
    path = tmp_path / "a.dng"
    with tifffile.TiffWriter(path) as file:
        file.write(noise("uint8", 3, (8, 8)), photometric="rgb", subfiletype=1, subifds=1, **maker)
        file.write(noise("uint16", 1, (32, 32)).squeeze(), photometric="cfa", subfiletype=0)
    with pytest.raises(BridgeError, match=r"a\.dng is a raw camera file\. Develop it and save it as 16-bit TIFF"):
        read_picture(path)


def test_a_file_of_nothing_but_a_reduced_picture_is_read(tmp_path: Path) -> None:
    pixels = noise("uint8", 3)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", subfiletype=1)
    picture = read_picture(tmp_path / "a.tif")
    assert (picture.pixels == pixels).all()
    assert picture.notes == ()

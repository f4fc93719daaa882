"""What a mask or picture file may be, and the sentence for what it may not."""

from __future__ import annotations

import logging
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from bridge_server.cli.pictures.picture import Pixels
from bridge_server.cli.pictures.reading import read_mask, read_picture
from bridge_server.errors import BridgeError
from bridge_server.plan.bounds import Bounds

from .samples import ADOBE_RGB, noise
from .shell import Shell

SIZE = Bounds(0, 0, 60, 40)


@pytest.fixture
def selected() -> Pixels:
    """Selected on the left, soft in the middle, free on the right."""
    row = np.repeat(np.array([255, 128, 0], np.uint8), 20)
    return np.tile(row, (40, 1))


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def test_a_mask_may_be_gray_or_rgb(tmp_path: Path, selected: Pixels) -> None:
    gray = Image.fromarray(selected)
    for name, image in (("l", gray), ("rgb", gray.convert("RGB")), ("rgba", gray.convert("RGBA"))):
        assert (read_mask(saved(image, tmp_path / f"{name}.png"), SIZE) == selected).all()


@pytest.mark.parametrize("tone", [0, 255])
def test_a_mask_may_be_the_opacity_of_one_color(tmp_path: Path, selected: Pixels, tone: int) -> None:
    painted = np.dstack([np.full((40, 60, 3), tone, np.uint8), selected])
    assert (read_mask(saved(Image.fromarray(painted), tmp_path / "m.png"), SIZE) == selected).all()


def test_a_photo_with_an_erased_part_is_no_mask(tmp_path: Path, selected: Pixels) -> None:
    tones = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    path = saved(Image.fromarray(np.dstack([tones, selected])), tmp_path / "erased.png")
    with pytest.raises(BridgeError, match="both tones and transparency"):
        read_mask(path, SIZE)


def test_a_mask_of_16_bits_keeps_its_soft_edge(tmp_path: Path, selected: Pixels) -> None:
    deep = Image.fromarray(selected.astype(np.uint16) * 257)
    assert (read_mask(saved(deep, tmp_path / "m.png"), SIZE) == selected).all()


def test_a_mask_with_one_transparent_color_is_its_opacity(tmp_path: Path) -> None:
    white = np.zeros((40, 60), np.uint8)
    white[:, :20] = 255
    path = saved(Image.fromarray(white), tmp_path / "m.png", transparency=0)
    assert (read_mask(path, SIZE) == white).all()


def test_a_mask_that_lies_on_its_side_is_turned(tmp_path: Path, selected: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8  # shown turned left by a quarter
    lying = Image.fromarray(np.ascontiguousarray(np.rot90(selected, -1)))
    path = saved(lying, tmp_path / "m.png", exif=exif)
    assert Image.open(path).size == (40, 60)
    assert (read_mask(path, SIZE) == selected).all()


def test_a_mask_of_another_size_says_both_sizes(tmp_path: Path) -> None:
    path = saved(Image.new("L", (61, 40)), tmp_path / "m.png")
    with pytest.raises(BridgeError, match="61x40 pixels, the image 60x40"):
        read_mask(path, SIZE)


@pytest.mark.parametrize("kind", ["png", "jpg", "tiff"])
def test_a_picture_that_is_cut_short_is_named(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 90, 3), np.uint8)
    path = saved(Image.fromarray(noise), tmp_path / f"cut.{kind}")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BridgeError, match=f"cut.{kind}"):
        read_picture(path)


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_what_pillow_reads_has_its_profile_and_stands_upright(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned right by a quarter
    tall = np.zeros((60, 40, 3), np.uint8)
    tall[:30] = 255
    lying = Image.fromarray(np.ascontiguousarray(np.rot90(tall)))
    path = saved(lying, tmp_path / f"a.{kind}", exif=exif, icc_profile=ADOBE_RGB, quality=95)
    picture = read_picture(path)
    assert (picture.pixels.shape, picture.pixels.dtype) == ((60, 40, 3), np.uint8)
    assert (picture.profile, picture.notes, picture.kind) == (ADOBE_RGB, (), "other")
    assert abs(picture.pixels.astype(int) - tall).max() < 30


def test_a_gray_picture_of_16_bits_keeps_them_from_other_kinds_too(tmp_path: Path) -> None:
    gray = np.arange(2400, dtype=np.uint16).reshape(40, 60) * 27
    picture = read_picture(saved(Image.fromarray(gray), tmp_path / "a.jp2"))
    assert (picture.pixels[:, :, 0] == gray).all()


def test_a_kind_that_may_be_deeper_than_is_read_says_so(tmp_path: Path) -> None:
    path = saved(Image.new("RGB", (8, 8)), tmp_path / "a.jp2")
    assert "If it has more, save it as PNG or TIFF first" in read_picture(path).notes[0]


def test_a_cmyk_jpeg_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = saved(Image.new("CMYK", (8, 8)), tmp_path / "a.jpg")
    with pytest.raises(BridgeError, match=r"a CMYK picture\. Convert it to RGB or gray in an editor"):
        read_picture(path)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(BridgeError, match=r"notes\.png is not a picture file"):
        read_picture(tmp_path / "notes.png")


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture"),
        (b"\xff\x0a\x1dA$\x08", "a JPEG XL picture"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
        (b"gimp xcf v011\0", r"a GIMP document \(XCF\)"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "a raw camera file"),
    ],
)
def test_a_kind_that_is_not_read_is_named_with_what_to_do(tmp_path: Path, start: bytes, kind: str) -> None:
    (tmp_path / "a.png").write_bytes(start + bytes(100))
    with pytest.raises(BridgeError, match=f"is {kind}, which cannot be read. Open it in an editor and save it as PNG"):
        read_picture(tmp_path / "a.png")


def test_netpbm_keeps_its_depth_and_needs_no_note(tmp_path: Path) -> None:
    deep = noise("uint16", 1).squeeze()
    (tmp_path / "a.pgm").write_bytes(b"P5\n# made here\n30 20\n65535\n" + deep.astype(">u2").tobytes())
    picture = read_picture(tmp_path / "a.pgm")
    assert picture.pixels.dtype == np.uint16
    assert (picture.pixels[:, :, 0] == deep).all()
    assert picture.notes == ()
    shallow = read_picture(saved(Image.fromarray(noise("uint8", 3)), tmp_path / "a.ppm"))
    assert (shallow.pixels.dtype, shallow.notes) == (np.uint8, ())


def test_a_pipe_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(BridgeError, match=r"pipe\.png is a pipe or a device, not a file\. Save the picture to a file"):
        read_picture(tmp_path / "pipe.png")


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match=r"is a folder, not a picture\. Name a picture in it\."):
        read_picture(tmp_path)


def test_exif_that_is_damaged_is_left_out(tmp_path: Path) -> None:
    for kind in ("webp", "jpg", "png"):
        path = saved(Image.new("RGB", (8, 8), "red"), tmp_path / f"a.{kind}", exif=b"Exif\0\0garbage that is no TIFF")
        picture = read_picture(path)
        assert picture.pixels.shape == (8, 8, 3)
        if kind != "jpg":  # of which Pillow itself leaves it out, without a word
            assert "Exif data that is damaged; it is left out" in picture.notes[0], kind


def test_a_photoshop_document_is_read_without_its_layers(tmp_path: Path) -> None:
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 4, 5, 8, 3)
    path = tmp_path / "a.psd"
    path.write_bytes(header + bytes(12) + bytes(2) + bytes(range(60)))
    picture = read_picture(path)
    assert (picture.pixels.reshape(-1, 3).T.ravel() == range(60)).all()
    assert picture.notes == (f"{path} is a Photoshop document; what is visible of it is used, without its layers.",)


def test_a_selection_as_transparency_paints_the_same(shell: Shell, files: Path, tmp_path: Path) -> None:
    mask = Image.open(files / "mask.png")
    clear = Image.merge("LA", (Image.new("L", mask.size), mask))
    clear.save(tmp_path / "clear.png")
    for name, path in (("gray", files / "mask.png"), ("clear", tmp_path / "clear.png")):
        done = shell(
            "generate", "inpaint", "--image", files / "photo.png", "--mask", path, "--seed", 1, "--steps", 1,
            "--out", tmp_path / name,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "gray/layer-1.png").read_bytes() == (tmp_path / "clear/layer-1.png").read_bytes()


def test_wrong_files_are_refused_before_anything_is_painted(shell: Shell, files: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.png"
    cut.write_bytes((files / "photo.png").read_bytes()[:2000])
    (tmp_path / "file").touch()
    for image, out, sentence in (
        (cut, tmp_path, "cut.png is damaged"),
        (files / "photo.png", tmp_path / "file", "--out"),
    ):
        done = shell("generate", "img2img", "--image", image, "--out", out)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("*-1.*"))


def test_text_to_image_of_a_broken_model_says_what_is_wrong(shell: Shell, tmp_path: Path) -> None:
    broken = shell.home / "models" / "broken"
    broken.mkdir(parents=True, exist_ok=True)
    (broken / "model_index.json").write_text("{")
    try:
        done = shell("generate", "txt2img", "--prompt", "x", "--model", "broken", "--out", tmp_path)
        listed = shell("models", "list").stdout
    finally:
        (broken / "model_index.json").unlink()
        broken.rmdir()
    assert done.returncode == 1
    assert "broken" in done.stderr
    assert len([line for line in done.stderr.splitlines() if "starting the daemon" not in line]) == 1
    assert "broken: cannot be used" in listed
    assert "0 px" not in listed


def test_reading_changes_nothing_for_the_rest_of_the_process(tmp_path: Path) -> None:
    limit, level = Image.MAX_IMAGE_PIXELS, logging.getLogger("tifffile").level
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.bmp")
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 8, 3), np.uint8), photometric="rgb")
    (tmp_path / "broken.tif").write_bytes(b"II*\0\x08\0\0\0nothing here")
    read_picture(tmp_path / "a.bmp")
    read_picture(tmp_path / "a.tif")
    with pytest.raises(BridgeError):
        read_picture(tmp_path / "broken.tif")
    assert (Image.MAX_IMAGE_PIXELS, logging.getLogger("tifffile").level) == (limit, level)


def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "huge.bmp")
    data = bytearray((tmp_path / "huge.bmp").read_bytes())
    data[18:26] = (60_000).to_bytes(4, "little") * 2
    (tmp_path / "huge.bmp").write_bytes(bytes(data))
    with pytest.raises(BridgeError, match=r"60000x60000 pixels. At most 1024 megapixels"):
        read_picture(tmp_path / "huge.bmp")

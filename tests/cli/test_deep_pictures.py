"""`generate` with deep pictures and profiles: nothing changes outside the mask, and depth and profile are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from bridge_server.plan.steps import STEPS
from tests.support.requests import picture

from .samples import ADOBE_RGB, GRAY_GAMMA_2, exr, exr_values, icc_chunk, png, profile_of_png
from .shell import Shell

WIDTH, HEIGHT = 160, 120
PHOTO = picture(WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def mask(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A soft 16-bit selection at the right border."""
    values = np.zeros((HEIGHT, WIDTH), np.uint16)
    values[40:80, 100:] = 65535
    values[40:80, 96:100] = (9000, 20000, 40000, 60000)
    path = tmp_path_factory.mktemp("masks") / "mask.png"
    path.write_bytes(imagecodecs.png_encode(values))
    return path


def paint(shell: Shell, image: Path, out: Path, *words: object, kind: str = "inpaint") -> list[Path]:
    """The files of one quick variation, in the order they are printed."""
    done = shell("generate", kind, "--image", image, "--seed", 1, "--steps", 1, "--out", out, *words)
    assert done.returncode == 0, done.stderr
    return [Path(line) for line in done.stdout.splitlines()]


def deep_photo() -> NDArray[np.uint16]:
    """16 bits a channel, of which the low ones are used."""
    fine = np.random.default_rng(3).integers(0, 257, PHOTO.shape)
    return np.minimum(PHOTO.astype(np.int64) * 257 + fine, 65535).astype(np.uint16)


def changed(alpha: NDArray[Any]) -> NDArray[np.bool_]:
    assert (alpha == 0).mean() > 0.3
    assert (alpha == alpha.max()).mean() > 0.05
    return alpha != 0


def test_a_16_bit_png_with_a_profile(shell: Shell, mask: Path, tmp_path: Path) -> None:
    deep = deep_photo()
    png(tmp_path / "in.png", deep, icc_chunk(ADOBE_RGB))
    flat, layer, told = paint(shell, tmp_path / "in.png", tmp_path, "--mask", mask)
    assert (flat.name, layer.name, told.name) == ("flat-1.png", "layer-1.png", "result-1.json")
    assert profile_of_png(flat) == profile_of_png(layer) == ADOBE_RGB
    flat_values, layer_values = (imagecodecs.png_decode(file.read_bytes()) for file in (flat, layer))
    assert flat_values.dtype == layer_values.dtype == np.uint16
    painted = changed(layer_values[:, :, 3])
    assert np.count_nonzero(flat_values[~painted] != deep[~painted]) == 0
    full = layer_values[:, :, 3] == 65535
    assert (flat_values[full] == layer_values[full][:, :3]).all()
    assert len(np.unique(flat_values[full] % 257)) > 200, "the painted values use all 16 bits"


def test_a_float_exr_keeps_what_no_screen_shows(shell: Shell, mask: Path, tmp_path: Path) -> None:
    linear = ((PHOTO / 255.0) ** 2.2).astype(np.float32)
    linear[:10, :, 0], linear[10:20, :, 1], linear[100, 0, 2] = 4.0, -0.1, np.inf
    alpha = np.ones((HEIGHT, WIDTH), np.float32)
    alpha[:, :8], alpha[:, 8:16] = 0.0, 0.3  # the first glows: light without cover
    header = {"chromaticities": (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)}
    exr(tmp_path / "in.exr", {**{name: linear[:, :, i] for i, name in enumerate("RGB")}, "A": alpha}, **header)
    flat, layer, _ = paint(shell, tmp_path / "in.exr", tmp_path, "--mask", mask)
    assert flat.suffix == layer.suffix == ".exr"
    flat_values, layer_values = exr_values(flat, "RGBA"), exr_values(layer, "RGBA")
    painted = changed(layer_values[:, :, 3])
    assert flat_values.dtype == np.float32
    assert flat_values[~painted].tobytes() == np.dstack([linear, alpha])[~painted].tobytes()
    full = layer_values[:, :, 3] == 1
    assert np.isfinite(flat_values[full]).all()
    assert abs(flat_values[full] - layer_values[full]).max() == 0
    soft = painted & ~full
    assert (layer_values[soft][:, :3].max(axis=1) <= layer_values[soft][:, 3] * 1.5).all(), "multiplied by its alpha"


def test_a_16_bit_gray_tiff_with_a_profile(shell: Shell, mask: Path, tmp_path: Path) -> None:
    gray = deep_photo()[:, :, 0]
    tifffile.imwrite(tmp_path / "in.tif", gray, photometric="minisblack", iccprofile=GRAY_GAMMA_2, metadata=None)
    flat, layer, _ = paint(shell, tmp_path / "in.tif", tmp_path, "--mask", mask)
    with tifffile.TiffFile(flat) as flat_file, tifffile.TiffFile(layer) as layer_file:
        pages = [file.pages[0].aspage() for file in (flat_file, layer_file)]
        flat_values, layer_values = (page.asarray() for page in pages)
        assert [page.iccprofile for page in pages] == [GRAY_GAMMA_2] * 2
        assert [int(kind) for kind in pages[1].extrasamples] == [2]
    assert flat_values.dtype == np.uint16
    assert (flat_values.shape, layer_values.shape) == ((HEIGHT, WIDTH), (HEIGHT, WIDTH, 2))
    painted = changed(layer_values[:, :, 1])
    assert np.count_nonzero(flat_values[~painted] != gray[~painted]) == 0


def test_a_half_tiff_with_associated_alpha_outpainted(shell: Shell, tmp_path: Path) -> None:
    pixels = np.dstack([PHOTO / 255.0, np.full((HEIGHT, WIDTH), 0.75)]).astype(np.float16)
    pixels[:, :, :3] *= np.float16(0.75)
    tifffile.imwrite(tmp_path / "in.tif", pixels, photometric="rgb", extrasamples=["assocalpha"], metadata=None)
    flat, layer, _ = paint(shell, tmp_path / "in.tif", tmp_path, "--right", 24, kind="outpaint")
    with tifffile.TiffFile(flat) as file:
        page = file.pages[0].aspage()
        values = page.asarray()
        assert [int(kind) for kind in page.extrasamples] == [1]
    assert values.dtype == np.float16
    assert values.shape == (HEIGHT, WIDTH + 24, 4)
    free = tifffile.imread(layer)[:, :WIDTH, 3] == 0
    assert free.mean() > 0.3
    assert (values[:, :WIDTH][free] == pixels[free]).all()
    assert (values[:, WIDTH:, 3] == 1).all()


def test_a_jpeg_with_a_profile_becomes_a_png_with_it(shell: Shell, mask: Path, tmp_path: Path) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "in.jpg", icc_profile=ADOBE_RGB, quality=95)
    flat, layer, _ = paint(shell, tmp_path / "in.jpg", tmp_path, "--mask", mask)
    assert profile_of_png(flat) == profile_of_png(layer) == ADOBE_RGB
    free = np.asarray(Image.open(layer))[:, :, 3] == 0
    assert (np.asarray(Image.open(flat))[free] == np.asarray(Image.open(tmp_path / "in.jpg"))[free]).all()


def test_another_format_holds_the_same_values(shell: Shell, mask: Path, tmp_path: Path) -> None:
    deep = deep_photo()
    png(tmp_path / "in.png", deep)
    flat, layer, _ = paint(shell, tmp_path / "in.png", tmp_path, "--mask", mask, "--format", "tiff")
    assert (flat.name, layer.name) == ("flat-1.tiff", "layer-1.tiff")
    free = tifffile.imread(layer)[:, :, 3] == 0
    assert (tifffile.imread(flat)[free] == deep[free]).all()


def test_a_step_that_is_left_out_is_left_out(shell: Shell, mask: Path, tmp_path: Path) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "in.png")
    out = paint(
        shell,
        tmp_path / "in.png",
        tmp_path,
        "--mask",
        mask,
        "--disabled-steps",
        "fill",
        "--disabled-steps",
        "soft_mask",
        "--fill-with",
        "model",
    )
    assert json.loads(out[2].read_text())["request"]["params"]["disabled_steps"] == ["fill", "soft_mask"]
    whole = paint(shell, tmp_path / "in.png", tmp_path / "whole", "--mask", mask, "--fill-with", "model")
    assert out[1].read_bytes() != whole[1].read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--image", "in.exr", "--format", "png"], "PNG cannot hold the floating-point values"),
        (["--image", "in.png", "--format", "exr"], "EXR holds linear values"),
        (["--image", "int.tif"], "int.tif has 32-bit whole-number values, which cannot be kept exactly"),
        (["--image", "cut.exr"], "cut.exr is damaged or incomplete"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = exr(Path("in.exr"), {name: np.ones((40, 40), np.float32) for name in "RGB"})
    Path("cut.exr").write_bytes(whole.read_bytes()[:-30])
    Image.fromarray(PHOTO).save("in.png")
    tifffile.imwrite("int.tif", np.ones((8, 8), np.uint32), metadata=None)
    done = shell("generate", "img2img", *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not list(tmp_path.glob("*-1.*"))


def test_steps_are_offered_by_the_names_of_the_messages(shell: Shell) -> None:
    told = shell("generate", "inpaint", "--help").stdout.replace("\n", " ")
    assert all(step in told for step in STEPS)
    wrong = shell("generate", "txt2img", "--disabled-steps", "magic")
    assert wrong.returncode == 2
    assert "'magic'" in wrong.stderr
    assert "--disabled-steps" in wrong.stderr

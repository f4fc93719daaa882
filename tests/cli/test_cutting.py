"""`layerbridge generate` with the operations that cut a subject out, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.edit.test_subject import CUP
from tests.support.tiny_onnx import tiny_onnx

from .shell import Shell


def test_a_background_is_removed_replaced_and_a_subject_cut_out(shell: Shell, tmp_path: Path) -> None:
    before = np.asarray(Image.open(CUP).convert("RGB"))
    done = shell("generate", "remove-background", "--image", CUP, "--out", tmp_path / "removed")
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == ["flat-1.png", "layer-1.png", "result-1.json"]
    flat = np.asarray(Image.open(tmp_path / "removed/flat-1.png"))
    assert flat.shape == (400, 600, 4), "the picture had no transparency and has it now"
    assert flat[10, 10, 3] == 0 and flat[200, 280, 3] == 255
    assert np.array_equal(flat[200, 280, :3], before[200, 280])

    done = shell("generate", "cut-out", "--image", CUP, "--threshold", 0.6, "--out", tmp_path / "cut")
    assert done.returncode == 0, done.stderr
    layer = np.asarray(Image.open(tmp_path / "cut/layer-1.png"))
    assert layer[10, 10, 3] == 0 and layer[200, 280, 3] == 255
    bounds = json.loads((tmp_path / "cut/result-1.json").read_text(encoding="utf-8"))["bounds"]
    assert bounds["width"] < 560 and bounds["x"] > 20

    done = shell(
        "generate", "replace-background", "--image", CUP, "--new-background", "color", "--background-color", "#102030",
        "--no-clean-colors", "--out", tmp_path / "replaced",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    flat = np.asarray(Image.open(tmp_path / "replaced/flat-1.png").convert("RGB"))
    assert flat[10, 10].tolist() == [0x10, 0x20, 0x30] and np.array_equal(flat[200, 280], before[200, 280])


def test_the_subject_of_a_picture_with_transparency_is_there_on_its_new_background(
    shell: Shell, tmp_path: Path
) -> None:
    before = np.dstack([np.asarray(Image.open(CUP).convert("RGB")), np.full((400, 600), 255, np.uint8)])
    before[:, :60, 3] = 80
    Image.fromarray(before).save(tmp_path / "cup.png")
    done = shell("generate", "replace-background", "--image", tmp_path / "cup.png", "--out", tmp_path / "replaced")
    assert done.returncode == 0, done.stderr
    flat = np.asarray(Image.open(tmp_path / "replaced/flat-1.png"))
    assert np.array_equal(flat[200, 280], before[200, 280])
    assert flat[10, 10].tolist() == flat[390, 590].tolist() == [255, 255, 255, 255]


def test_a_picture_without_a_subject_keeps_its_background(shell: Shell, tmp_path: Path) -> None:
    grain = np.random.default_rng(3).normal(128, 6, (90, 120, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(grain).save(tmp_path / "wall.png")
    done = shell("generate", "remove-background", "--image", tmp_path / "wall.png", "--out", tmp_path / "out")
    assert done.returncode == 1 and "No subject was found in the picture." in done.stderr
    assert not list((tmp_path / "out").glob("*.png"))


def test_a_segmenter_of_the_users_own_finds_what_it_finds(shell: Shell, tmp_path: Path) -> None:
    """A network that takes red for the subject: of a red and a blue ball it cuts out the red one."""
    models = shell.home / "models"
    models.mkdir(exist_ok=True)
    (models / "red.onnx").write_bytes(tiny_onnx(128))
    rows, columns = np.indices((120, 240))
    picture = np.full((120, 240, 3), 90, np.uint8)
    picture[np.hypot(rows - 60, columns - 60) < 40] = (230, 30, 30)
    picture[np.hypot(rows - 60, columns - 180) < 40] = (30, 30, 230)
    Image.fromarray(picture).save(tmp_path / "balls.png")
    asked = ("--image", tmp_path / "balls.png", "--model", "red", "--out", tmp_path / "out")
    done = shell("generate", "cut-out", *asked)
    assert done.returncode == 0, done.stderr
    layer = np.asarray(Image.open(tmp_path / "out/layer-1.png"))
    assert layer[60, 60].tolist() == [230, 30, 30, 255] and layer[60, 180, 3] == layer[5, 5, 3] == 0
    told = json.loads((tmp_path / "out/result-1.json").read_text(encoding="utf-8"))
    assert told["model"]["name"] == "red"
    refused = shell("generate", "img2img", *asked)
    assert refused.returncode == 1 and "red finds subjects and cannot paint." in refused.stderr

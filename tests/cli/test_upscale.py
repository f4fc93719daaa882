"""`layerbridge generate upscale` as a user runs it: no model, a picture of the same depth beside the parameters."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
from PIL import Image

from bridge_server.cli.pictures.writing import Target
from bridge_server.edit.color.profiles import icc_of
from tests.support.tiny_upscalers import RRDBNet, save, seeded

from .shell import Shell


def test_a_picture_becomes_three_times_as_large(shell: Shell, files: Path, tmp_path: Path) -> None:
    done = shell("generate", "upscale", "--image", files / "photo.png", "--scale", 3, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == ["flat-1.png", "result-1.json"]
    large, small = np.asarray(Image.open(tmp_path / "flat-1.png")), np.asarray(Image.open(files / "photo.png"))
    assert large.shape == (360, 480, 3)
    back = cv2.resize(large, (160, 120), interpolation=cv2.INTER_AREA)
    assert np.abs(back.astype(float) - small).mean() < 2


def test_sixteen_bits_alpha_and_the_profile_stay(shell: Shell, tmp_path: Path) -> None:
    picture = np.full((30, 40, 4), (20000, 30001, 40000, 65535), np.uint16)
    picture[:, :10, 3] = 0
    profile = icc_of("Adobe RGB (1998)")
    Target("png", profile).save(tmp_path / "deep.png", picture)
    done = shell("generate", "upscale", "--image", tmp_path / "deep.png", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    content = (tmp_path / "out/flat-1.png").read_bytes()
    large = imagecodecs.png_decode(content)
    assert large.dtype == np.uint16 and large.shape == (60, 80, 4)
    assert np.abs(large[:, 24:].astype(int) - picture[0, 20]).max() < 128 and not large[:, :18, 3].any()
    assert Image.open(tmp_path / "out/flat-1.png").info["icc_profile"] == profile


def test_a_scale_that_there_is_not_is_refused_with_those_that_are(shell: Shell, files: Path) -> None:
    done = shell("generate", "upscale", "--image", files / "photo.png", "--scale", 5)
    assert (done.returncode == 2 and "'2', '3', '4'" in done.stderr) or "2, 3, 4" in done.stderr


def test_a_drawing_is_drawn_by_the_network_and_the_parameters_tell(shell: Shell, files: Path, tmp_path: Path) -> None:
    made: list[bytes] = []
    for treated in ("photograph", "drawing"):
        out = tmp_path / treated
        done = shell("generate", "upscale", "--image", files / "photo.png", "--treat-as", treated, "--out", out)
        assert done.returncode == 0, done.stderr
        told = json.loads((out / "result-1.json").read_text())
        assert told["request"]["params"] == {"scale": "2", "treat_as": treated}
        made.append(np.asarray(Image.open(out / "flat-1.png")).tobytes())
    assert made[0] != made[1]


def test_a_network_of_the_users_own_enlarges_and_is_told(shell: Shell, files: Path, tmp_path: Path) -> None:
    """The tiny network was trained for nothing; made small again the result is the picture all the same."""
    save(seeded(lambda: RRDBNet(2)), shell.home / "models" / "own-x2.safetensors")
    asked = ("--image", files / "photo.png", "--model", "own-x2", "--out", tmp_path)
    done = shell("generate", "upscale", *asked, "--scale", 4)
    assert done.returncode == 0, done.stderr
    large, small = np.asarray(Image.open(tmp_path / "flat-1.png")), np.asarray(Image.open(files / "photo.png"))
    assert large.shape == (480, 640, 3)
    assert json.loads((tmp_path / "result-1.json").read_text())["model"]["name"] == "own-x2"
    back = cv2.resize(large, (160, 120), interpolation=cv2.INTER_AREA)
    assert np.abs(back.astype(float) - small).mean() < 6
    listed = shell("models", "list")
    assert "own-x2" in listed.stdout
    refused = shell("generate", "txt2img", "--prompt", "x", "--model", "own-x2", "--out", tmp_path)
    assert refused.returncode == 1 and "own-x2 enlarges pictures and cannot paint." in refused.stderr

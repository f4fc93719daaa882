"""`layerbridge generate enhance` as a user runs it: no model, a picture of the same depth beside the parameters."""

from __future__ import annotations

import json
from pathlib import Path

import imagecodecs
import numpy as np

from bridge_server.cli.pictures.writing import Target
from bridge_server.edit.color.profiles import icc_of

from .shell import Shell


def test_noise_of_a_deep_picture_goes_where_it_is_selected(shell: Shell, tmp_path: Path) -> None:
    picture = np.rint(np.random.default_rng(0).normal(30000, 1500, (120, 160, 3))).astype(np.uint16)
    Target("png", icc_of("Adobe RGB (1998)")).save(tmp_path / "deep.png", picture)
    mask = np.zeros((120, 160, 1), np.uint8)
    mask[:, :80] = 255
    Target("png", None).save(tmp_path / "mask.png", mask)
    out = tmp_path / "out"
    given = ("--image", tmp_path / "deep.png", "--mask", tmp_path / "mask.png", "--denoise", 0.8, "--out", out)
    done = shell("generate", "enhance", *given)
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == ["flat-1.png", "layer-1.png", "result-1.json"]
    flat = imagecodecs.png_decode((out / "flat-1.png").read_bytes())
    assert flat.dtype == np.uint16
    assert flat[8:-8, 8:72].std() < picture[8:-8, 8:72].std() / 4
    assert np.array_equal(flat[:, 80:], picture[:, 80:]), "bit for bit what is not selected"
    assert json.loads((out / "result-1.json").read_text())["request"]["params"]["denoise"] == 0.8


def test_a_strength_beyond_one_is_refused(shell: Shell, files: Path) -> None:
    done = shell("generate", "enhance", "--image", files / "photo.png", "--sharpen", 2)
    assert done.returncode != 0 and "sharpen" in done.stderr

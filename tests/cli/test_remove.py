"""`generate remove` without a model, as a user runs it: variations by seed, and pieces from another picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.edit.test_subject import CUP

from .shell import Shell


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    selected = np.zeros((400, 600), np.uint8)
    selected[330:380, 60:130] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(selected).save(path)
    return path


def layer(folder: Path, number: int) -> bytes:
    return np.asarray(Image.open(folder / f"layer-{number}.png")).tobytes()


def test_variations_are_other_fills_and_a_seed_is_always_the_same(shell: Shell, tmp_path: Path, mask: Path) -> None:
    words = ("generate", "remove", "--image", CUP, "--mask", mask, "--fill-with", "example")
    for out, more in (("four", ("--seed", 7, "--num-images", 4)), ("third", ("--seed", 9))):
        done = shell(*words, *more, "--out", tmp_path / out)
        assert done.returncode == 0, done.stderr
    made = [layer(tmp_path / "four", number) for number in range(1, 5)]
    assert len(set(made)) == 4
    assert layer(tmp_path / "third", 1) == made[2]
    told = [json.loads((tmp_path / f"four/result-{number}.json").read_text(encoding="utf-8")) for number in range(1, 5)]
    assert [one["seed"] for one in told] == [7, 8, 9, 10]
    assert all(one["model"] is None and one["request"]["params"]["fill_with"] == "example" for one in told)


def test_pieces_come_from_the_picture_that_is_named(shell: Shell, tmp_path: Path, mask: Path) -> None:
    grass = np.random.default_rng(2).integers(0, 40, (90, 200, 3), np.uint8) + np.uint8([30, 140, 30])
    Image.fromarray(grass).save(tmp_path / "grass.png")
    words = ("generate", "remove", "--image", CUP, "--mask", mask, "--out", tmp_path / "out")
    done = shell(*words, "--reference-1", tmp_path / "grass.png")
    assert done.returncode == 0, done.stderr
    assert "Filled by example, from what “Sample from” shows." in done.stdout + done.stderr
    flat = np.asarray(Image.open(tmp_path / "out/flat-1.png").convert("RGB")).astype(int)
    middle = flat[345:365, 80:110]
    assert (middle[..., 1] > middle[..., 0] + 60).all(), "grass where wood was"
    refused = shell(*words, "--reference-1", tmp_path / "grass.png", "--fill-with", "model")
    assert refused.returncode == 1 and "“Sample from” is for a fill by example" in refused.stderr


def test_the_help_says_what_stands_for_it(shell: Shell) -> None:
    words = " ".join(shell("generate", "remove", "--help").stdout.split())
    assert "--reference-1 FILE Sample from: a PNG or JPEG file." in words and "(default: all around)" in words

"""`layerbridge generate select-subject` as a user runs it: no model, a mask beside the parameters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.edit.test_subject import CUP, by_hand

from .shell import Shell


def test_the_cup_of_the_demo_becomes_a_mask_that_another_operation_takes(shell: Shell, tmp_path: Path) -> None:
    done = shell("generate", "select-subject", "--image", CUP, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == ["mask-1.png", "result-1.json"]
    mask = np.asarray(Image.open(tmp_path / "mask-1.png"))
    found, drawn = mask > 127, by_hand() > 127
    assert (found & drawn).sum() / (found | drawn).sum() > 0.95
    again = shell(
        "generate", "select-subject", "--image", CUP, "--mask", tmp_path / "mask-1.png", "--soften", 4,
        "--threshold", 0.3, "--out", tmp_path / "again",
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert not np.asarray(Image.open(tmp_path / "again/mask-1.png"))[~(mask > 0)].any(), "within the selection alone"


def test_a_picture_without_a_subject_ends_with_the_sentence(shell: Shell, tmp_path: Path) -> None:
    grain = np.random.default_rng(3).normal(128, 6, (90, 120, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(grain).save(tmp_path / "wall.png")
    done = shell("generate", "select-subject", "--image", tmp_path / "wall.png", "--out", tmp_path / "out")
    assert done.returncode == 1 and "No subject was found in the picture." in done.stderr
    assert not (tmp_path / "out/mask-1.png").exists()

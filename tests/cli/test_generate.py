"""The command line as a user runs it: real commands, a real daemon that it starts itself, picture files checked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from .shell import Shell


def load(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path))


def parameters(folder: Path, number: int = 1) -> dict[str, Any]:
    return json.loads((folder / f"result-{number}.json").read_text(encoding="utf-8"))


def test_inpaint_starts_the_daemon_and_changes_nothing_outside(shell: Shell, files: Path, tmp_path: Path) -> None:
    assert shell("status").returncode == 3
    done = shell(
        "generate", "inpaint", "--image", files / "photo.png", "--mask", files / "mask.png",
        "--prompt", "red apple", "--seed", 1, "--steps", 2, "--num-images", 2, "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = [
        f"{name}-{n}.{kind}" for n in (1, 2) for name, kind in (("flat", "png"), ("layer", "png"), ("result", "json"))
    ]
    assert [Path(line).name for line in done.stdout.splitlines()] == names
    photo, flat, layer = load(files / "photo.png"), load(tmp_path / "flat-1.png"), load(tmp_path / "layer-1.png")
    assert layer.shape == (120, 160, 4)
    outside = layer[:, :, 3] == 0
    assert outside.any()
    assert (flat[outside] == photo[outside]).all()
    assert (layer[load(files / "mask.png") == 255][:, 3] == 255).all()
    assert (flat[load(files / "mask.png") == 255] == layer[load(files / "mask.png") == 255][:, :3]).all()
    assert parameters(tmp_path)["seed"] == 1
    assert parameters(tmp_path, 2)["seed"] == 2
    box = parameters(tmp_path)["bounds"]
    visible = np.argwhere(~outside)
    assert box["y"] <= visible[:, 0].min()
    assert visible[:, 1].max() < box["x"] + box["width"]
    assert shell("status").returncode == 0


def test_keep_to_selection_keeps_soft_edges_as_they_are(shell: Shell, files: Path, tmp_path: Path) -> None:
    done = shell(
        "generate", "inpaint", "--image", files / "photo.png", "--mask", files / "mask.png",
        "--keep-to-selection", "--seed", 1, "--steps", 1, "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (load(tmp_path / "layer-1.png")[:, :, 3] == load(files / "mask.png")).all()


def test_outpaint_adds_exactly_the_margins(shell: Shell, files: Path, tmp_path: Path) -> None:
    done = shell(
        "generate", "outpaint", "--image", files / "photo.png", "--left", 24, "--bottom", 8,
        "--seed", 1, "--steps", 1, "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    photo, flat, layer = load(files / "photo.png"), load(tmp_path / "flat-1.png"), load(tmp_path / "layer-1.png")
    assert flat.shape == (128, 184, 3)
    assert layer.shape == (128, 184, 4)
    assert (layer[:, :24, 3] == 255).all()
    assert (layer[120:, :, 3] == 255).all()
    untouched = layer[:120, 24:, 3] == 0
    assert untouched.mean() > 0.5
    assert (flat[:120, 24:][untouched] == photo[untouched]).all()
    assert parameters(tmp_path)["canvas"] == {"x": -24, "y": 0, "width": 184, "height": 128}


def test_img2img_of_a_picture_with_alpha_keeps_its_alpha(shell: Shell, files: Path, tmp_path: Path) -> None:
    done = shell("generate", "img2img", "--image", files / "alpha.png", "--steps", 2, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (load(tmp_path / "flat-1.png")[:, :, 3] == load(files / "alpha.png")[:, :, 3]).all()


def test_a_gray_picture_stays_gray(shell: Shell, files: Path, tmp_path: Path) -> None:
    done = shell(
        "generate", "inpaint", "--image", files / "gray.png", "--mask", files / "mask.png", "--steps", 1,
        "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    flat = load(tmp_path / "flat-1.png")
    assert flat.ndim == 2
    layer = load(tmp_path / "layer-1.png")
    assert layer.shape == (120, 160, 2)
    outside = layer[:, :, 1] == 0
    assert (flat[outside] == load(files / "gray.png")[outside]).all()


def test_txt2img_needs_no_picture(shell: Shell, tmp_path: Path) -> None:
    done = shell("generate", "txt2img", "--prompt", "sunflower", "--steps", 1, "--size", "96x64", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "flat-1.png").shape[:2] == (64, 96)


def test_the_same_seed_gives_the_same_file(shell: Shell, files: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        shell(
            "generate", "inpaint", "--image", files / "photo.png", "--mask", files / "mask.png", "--seed", 9,
            "--steps", 2, "--out", tmp_path / name,
        )  # fmt: skip
    assert (tmp_path / "a/layer-1.png").read_bytes() == (tmp_path / "b/layer-1.png").read_bytes()


def test_remove_paints_as_inpaint_does_without_a_prompt(shell: Shell, files: Path, tmp_path: Path) -> None:
    for operation in ("inpaint", "remove"):
        done = shell(
            "generate", operation, "--image", files / "photo.png", "--mask", files / "mask.png", "--seed", 5,
            "--steps", 2, "--out", tmp_path / operation,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert parameters(tmp_path / operation)["operation"] == operation
    for name in ("flat-1.png", "layer-1.png"):
        assert (tmp_path / "remove" / name).read_bytes() == (tmp_path / "inpaint" / name).read_bytes()
    assert (load(tmp_path / "remove/flat-1.png") != load(files / "photo.png")).any()
    refused = shell("generate", "remove", "--image", "a", "--mask", "b", "--prompt", "apple")
    assert refused.returncode == 2
    assert "--prompt" in refused.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--image", "none.png", "--mask", "mask.png"), "none.png"),
        (("--image", "photo.png", "--mask", "black.png"), "all black"),
        (("--image", "photo.png", "--mask", "{out}"), "is a folder, not a picture"),
        (("--image", "photo.png", "--mask", "mask.png", "--model", "none"), "No model is called none"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    shell: Shell, files: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    command = [sys.executable, "-m", "bridge_server", "generate", "inpaint", "--out", str(tmp_path)]
    command += [word.format(out=tmp_path) for word in words]
    env = {**os.environ, "LAYERBRIDGE_HOME": str(shell.home)}
    done = subprocess.run(command, env=env, cwd=files, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_wrong_words_are_a_usage_error(shell: Shell) -> None:
    assert shell("generate", "inpaint").returncode == 2
    assert shell("generate", "outpaint", "--image", "x", "--left", "-3").returncode == 2


def start_inpaint(shell: Shell, files: Path, out: Path, *, steps: int) -> subprocess.Popen[str]:
    """Sixteen variations, so that there is time to interrupt it."""
    command = [sys.executable, "-m", "bridge_server", "generate", "inpaint", "--image", str(files / "photo.png")]
    command += ["--mask", str(files / "mask.png"), "--steps", str(steps), "--num-images", "16", "--out", str(out)]
    env = {**os.environ, "LAYERBRIDGE_HOME": str(shell.home)}
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_cancels_the_job(shell: Shell, files: Path, tmp_path: Path) -> None:
    running = start_inpaint(shell, files, tmp_path, steps=150)
    deadline = time.monotonic() + 60
    while "running" not in shell("status").stdout:
        assert time.monotonic() < deadline
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 130
    assert "1 cancelled" in shell("status").stdout


def test_ctrl_c_keeps_the_variations_that_are_finished(shell: Shell, files: Path, tmp_path: Path) -> None:
    running = start_inpaint(shell, files, tmp_path, steps=30)
    deadline = time.monotonic() + 120
    while not (tmp_path / "result-1.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130
    assert running.stderr is not None
    assert "Traceback" not in running.stderr.read()
    written = len(list(tmp_path.glob("result-*.json")))
    assert 1 <= written < 16
    for number in range(1, written + 1):
        assert parameters(tmp_path, number)["index"] == number - 1
        assert load(tmp_path / f"flat-{number}.png").shape == (120, 160, 3)
        assert load(tmp_path / f"layer-{number}.png").shape == (120, 160, 4)


def test_models_and_status_can_be_read_by_scripts(shell: Shell) -> None:
    models = json.loads(shell("models", "list", "--json").stdout)
    assert any(model["name"] == "starter" for model in models["models"])
    assert json.loads(shell("status", "--json").stdout)["devices"]
    assert "starter" in shell("models", "list").stdout


def test_pairing_from_the_command_line(shell: Shell) -> None:
    assert "Pairing code: " in shell("pair").stdout
    assert shell("pair", "--revoke", "nobody").returncode == 1


def test_doctor_finds_the_daemon_and_says_what_to_mend(shell: Shell) -> None:
    findings = json.loads(shell("doctor", "--json").stdout)
    said = " ".join(finding["what"] for finding in findings)
    assert "torch" in said
    assert "the daemon runs at" in said
    assert all(finding["remedy"] for finding in findings if finding["level"] != "ok")

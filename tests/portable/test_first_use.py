"""What a new user does first, on any system: start, look, paint with the shipped model, stop. All of it for real."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.cli.shell import Shell
from tests.support.daemon import short_home

pytestmark = pytest.mark.portable

PATIENCE = 300.0  # seconds: torch is read for the first time, and a virus scanner reads it too


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    home = short_home()
    yield Shell(home)
    Shell(home)("stop")
    shutil.rmtree(home, ignore_errors=True)


def test_a_picture_is_painted_from_nothing_running_to_nothing_running(shell: Shell, tmp_path: Path) -> None:
    started = shell("serve", "--detach", "--port", 0, "--device", "cpu", timeout=PATIENCE)
    assert started.returncode == 0, started.stderr
    out = tmp_path / "Ergebnis ö 図"
    photo, mask = tmp_path / "Foto é.png", tmp_path / "mask.png"
    Image.linear_gradient("L").resize((160, 120)).convert("RGB").save(photo)
    selection = Image.new("L", (160, 120), 0)
    ImageDraw.Draw(selection).ellipse((40, 20, 120, 100), fill=255)
    selection.save(mask)
    painted = shell(
        "generate", "inpaint", "--image", photo, "--mask", mask, "--prompt", "red apple", "--steps", 2, "--seed", 1,
        "--out", out, timeout=PATIENCE,
    )  # fmt: skip
    assert painted.returncode == 0, painted.stderr
    assert "Traceback" not in painted.stderr
    assert sorted(file.name for file in out.iterdir()) == ["flat-1.png", "layer-1.png", "result-1.json"]
    assert Image.open(out / "flat-1.png").getpixel((2, 2)) == Image.open(photo).getpixel((2, 2))
    status = json.loads(shell("status", "--json").stdout)
    assert [device["state"] for device in status["devices"]] == ["idle"]
    assert len(json.loads(shell("jobs", "list", "--json").stdout)) == 1
    stopped = shell("stop", timeout=PATIENCE)
    assert (stopped.returncode, stopped.stdout) == (0, "Layerbridge has stopped.\n")
    again = shell("serve", "--detach", "--port", 0, "--device", "cpu", timeout=PATIENCE)
    assert again.returncode == 0, again.stderr
    assert len(json.loads(shell("jobs", "list", "--json").stdout)) == 1


def test_models_and_doctor_answer(shell: Shell) -> None:
    listed = shell("models", "list", timeout=PATIENCE)
    assert listed.returncode == 0, listed.stderr
    assert "starter" in listed.stdout
    examined = shell("doctor", "--json", timeout=PATIENCE)
    assert examined.stderr == ""
    assert [finding for finding in json.loads(examined.stdout) if "torch" in finding["what"]]

"""`python -m tools.device_check`, tried with the CPU in the place of the card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools import device_check
from tools.demo import SCENES


@pytest.mark.slow
def test_the_cpu_paints_what_the_cpu_paints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(device_check, "SCENES", [scene for scene in SCENES if scene.operation == "inpaint"])
    assert device_check.main(["--device", "cpu", "--no-large", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "ok     inpaint: inf dB from the CPU's picture" in said
    assert "ok     txt2img: the same bytes when painted again" in said


def test_a_picture_that_differs_is_told(tmp_path: Path) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(first)
    Image.fromarray(np.full((4, 4, 3), 51, np.uint8)).save(second)
    assert device_check.psnr(first, first) == float("inf")
    assert device_check.psnr(first, second) == pytest.approx(13.98, abs=0.01)
    report = device_check.Report()
    report.say(False, "differs")
    assert report.failed == 1

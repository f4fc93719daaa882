"""An operation with every role on the command line: a real daemon and worker run it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bridge_server.cli.arguments import make_parser
from bridge_server.cli.generate import generate
from bridge_server.errors import BridgeError
from tests.operations.all_roles import with_all_roles
from tests.support.daemon import Daemon, short_home

ASKED = ("generate", "all_roles", "--quiet")


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    environment = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    daemon = Daemon(short_home(), environment, module="tests.operations.all_roles.daemon")
    try:
        yield daemon.start()
    finally:
        daemon.stop()
        shutil.rmtree(daemon.home, ignore_errors=True)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    Image.new("RGB", (16, 12), (10, 20, 30)).save(tmp_path / "photo.png")
    Image.new("RGB", (4, 4), (200, 100, 0)).save(tmp_path / "style.png")
    Image.new("RGB", (8, 6), (1, 2, 3)).save(tmp_path / "pose.jpg")
    return tmp_path


def run(daemon: Daemon, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("LAYERBRIDGE_HOME", str(daemon.home))
    return generate(make_parser(with_all_roles()).parse_args([*ASKED, *words]))


def test_further_pictures_are_sent_as_they_are_and_every_output_is_a_file(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, pictures: Path
) -> None:
    image, style, pose = (str(pictures / name) for name in ("photo.png", "style.png", "pose.jpg"))
    out = pictures / "out"
    words = ("--image", image, "--reference-1", style, "--control-1", pose, "--out", str(out))
    assert run(daemon, monkeypatch, *words) == 0
    layer = np.asarray(Image.open(out / "layer-1.png"))
    assert layer.shape == (12, 16, 4) and layer[0, 0, :3].tolist() == [200, 100, 0], "the color of the style"
    assert np.asarray(Image.open(out / "mask-1.png"))[0].tolist() == [0] * 8 + [255] * 8
    assert Image.open(out / "flat-1.png").size == (16, 12), "the picture with the layer"
    assert Image.open(out / "large-flat-1.png").size == (32, 24)
    assert "control/1 6x8x3" in (out / "text-1.txt").read_text()


def test_a_picture_of_another_kind_is_refused_by_its_name(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, pictures: Path
) -> None:
    other = pictures / "style.bmp"
    Image.new("RGB", (4, 4)).save(other)
    with pytest.raises(BridgeError, match=r"style\.bmp is no PNG or JPEG file"):
        run(daemon, monkeypatch, "--image", str(pictures / "photo.png"), "--reference-1", str(other))


def test_the_help_names_each_picture(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        make_parser(with_all_roles()).parse_args([*ASKED[:2], "--help"])
    text = capsys.readouterr().out
    assert "--reference-1 FILE" in text and "Style: a PNG or JPEG file" in text

"""A family that tests alone register, on the command line: its model is listed, its sampler taken, and it paints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bridge_server.cli.arguments import make_parser
from bridge_server.cli.model_families import described
from bridge_server.families.registry import builtin
from bridge_server.operations.registry import builtin as operations
from tests.families.toy import registry
from tests.families.toy.tiny import build
from tests.support.daemon import Daemon, short_home

from .shell import Shell

ASKED = ("generate", "inpaint", "--prompt", "a boat", "--model", "dream", "--sampler", "toy euler", "--seed", "3")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    models = tmp_path_factory.mktemp("models")
    build(models / "dream")
    environment = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    arguments = ("--models", str(models))
    daemon = Daemon(short_home(), environment, arguments, module="tests.families.toy.daemon")
    try:
        yield daemon.start()
    finally:
        daemon.stop()
        shutil.rmtree(daemon.home, ignore_errors=True)


def test_its_model_is_listed_with_its_family(daemon: Daemon) -> None:
    done = Shell(daemon.home)("models", "list")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("dream:")]
    assert line.startswith("dream: toy model, 64 px") and line.endswith("[default]")


def test_every_family_is_told_with_what_it_can_do(tmp_path: Path) -> None:
    done = Shell(tmp_path)("models", "families", "--json")
    told = {family["key"]: family for family in json.loads(done.stdout)["families"]}
    assert list(told) == [family.key for family in builtin()], done.stderr
    xl = told["sdxl"]
    assert (xl["native_resolution"], xl["guidance"], xl["references"]) == (1024, "cfg", 0)
    assert {"inpaint", "remove", "outpaint", "img2img", "txt2img"} <= set(xl["operations"])
    assert {"Euler a", "DPM++ 2M Karras"} <= set(xl["samplers"]) and "sdxl" in xl["adapters"]["lora"]
    assert (told["sdxl-turbo"]["steps"], told["sdxl-turbo"]["guidance_scale"]) == (4, 1.0)
    klein, few = told["flux2-klein-base-9b"], told["flux2-klein-9b"]
    assert (klein["guidance"], klein["steps"], klein["guidance_scale"], klein["references"]) == ("cfg", 50, 4.0, 4)
    assert (few["guidance"], few["steps"], few["negative_prompt"]) == ("none", 4, False)
    assert klein["samplers"] == ["Euler", "DPM++ 2M", "DPM++ 2M SDE", "UniPC"]
    assert klein["adapters"]["lora"] == ["flux2-klein-9b", "flux2-klein-base-9b"]
    z, turbo = told["z-image"], told["z-image-turbo"]
    assert (z["guidance"], z["steps"], z["guidance_scale"], z["native_resolution"]) == ("cfg", 50, 5.0, 1024)
    assert (turbo["guidance"], turbo["steps"], turbo["negative_prompt"]) == ("none", 8, False)
    assert {"inpaint", "remove", "outpaint", "img2img", "txt2img"} <= set(turbo["operations"])
    assert z["adapters"]["lora"] == ["z-image-turbo", "z-image"]
    krea, turbo = told["krea-2"], told["krea-2-turbo"]
    assert (krea["guidance"], krea["steps"], krea["guidance_scale"], krea["native_resolution"]) == (
        "cfg",
        52,
        4.5,
        1024,
    )
    assert (turbo["guidance"], turbo["steps"], turbo["negative_prompt"]) == ("none", 8, False)
    sd3 = {key: (told[key]["steps"], told[key]["guidance_scale"]) for key in told if key.startswith("sd3")}
    made_for = {
        "sd35-large": (28, 3.5),
        "sd35-large-turbo": (4, 1.0),
        "sd35-medium": (40, 4.5),
        "sd3-medium": (28, 7.0),
    }
    assert sd3 == made_for
    dev, kontext = told["flux1-dev"], told["flux1-kontext"]
    assert (dev["guidance"], dev["steps"], dev["guidance_scale"], dev["references"]) == ("embedded", 28, 3.5, 0)
    assert kontext["references"] == 2 and "edit" in kontext["operations"] and "edit" not in dev["operations"]
    plain = Shell(tmp_path)("models", "families").stdout
    assert "sdxl-v: Stable Diffusion XL (v-prediction), 1024 px" in plain
    toys = described(registry(), operations())
    assert toys[-1]["key"] == "toy" and toys[-1]["samplers"] == ["Toy Euler"]


def test_its_sampler_is_named_by_the_help_and_taken_where_it_is_registered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        make_parser(families=registry()).parse_args(["generate", "inpaint", "--help"])
    assert "Toy Euler" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(SystemExit):
        make_parser().parse_args([*ASKED, "--image", "photo.png"])
    assert "there is no sampler 'toy euler'" in capsys.readouterr().err


def test_it_paints(daemon: Daemon, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERBRIDGE_HOME", str(daemon.home))
    out = tmp_path / "out"
    pictures = ("--image", str(files / "photo.png"), "--mask", str(files / "mask.png"), "--out", str(out), "--quiet")
    options = make_parser(families=registry()).parse_args([*ASKED, *pictures])
    assert options.run(options) == 0
    layer = np.asarray(Image.open(out / "layer-1.png"))
    assert layer[..., 3].max() == 255 and np.ptp(layer[layer[..., 3] == 255][:, :3]) > 0
    told = json.loads((out / "result-1.json").read_text())
    assert (told["model"]["family"], told["request"]["params"]["sampler"]) == ("toy", "Toy Euler")

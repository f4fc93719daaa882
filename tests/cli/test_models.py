"""models list, doctor and --model, with the folders as they are."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bridge_server.cli import models, values
from bridge_server.cli.doctor import examine_models
from bridge_server.cli.generate import native_size
from bridge_server.config import Home
from bridge_server.models.weights import SUBJECT, shipped
from tests.models.made import checkpoint, header_file, stable_diffusion
from tests.support.tiny_upscalers import RRDBNet, save, seeded

from .shell import Shell


def test_listing_starts_no_daemon_and_writes_nothing(tmp_path: Path) -> None:
    checkpoint(tmp_path / "mine" / "Flowers.safetensors", stable_diffusion(), {"modelspec.license": "MIT"})
    header_file(tmp_path / "mine" / "bad.safetensors", b"{")
    shell = Shell(tmp_path / "home")
    done = shell("models", "list", LAYERBRIDGE_MODELS=str(tmp_path / "mine"))
    assert done.returncode == 0 and done.stderr == ""
    for words in (
        "Flowers: sd1 model, 512 px",
        "[default]",
        "license: MIT",
        "bad: cannot be used",
        "role: base",
        "key: ",
    ):
        assert words in done.stdout
    assert str(tmp_path / "mine") in done.stdout.splitlines()[-1]
    assert not shell.home.exists() and shell("status").returncode == 3


def test_a_network_that_does_not_paint_is_called_by_its_role(tmp_path: Path) -> None:
    shutil.copy(shipped(SUBJECT), tmp_path / "mine-u2net.onnx")
    save(seeded(lambda: RRDBNet(2)), tmp_path / "mine-x2.safetensors")
    done = Shell(tmp_path / "home")("models", "list", LAYERBRIDGE_MODELS=str(tmp_path))
    assert "mine-u2net: segmenter, 320 px, 5 MB\n" in done.stdout
    assert "mine-x2: upscaler, 0 MB\n" in done.stdout


def test_the_same_for_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERBRIDGE_MODELS", str(tmp_path))
    answer = models.models_here(Home(tmp_path / "s", tmp_path / "m", tmp_path / "l"))
    assert json.loads(json.dumps(answer))["models"][0]["name"] == "starter" and answer["devices"] == []


def test_a_model_may_be_named_by_a_path_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = checkpoint(tmp_path / "models" / "plain.safetensors", stable_diffusion())
    (tmp_path / "starter").mkdir()
    monkeypatch.chdir(tmp_path)
    for text in ("models/plain.safetensors", f".{os.sep}models{os.sep}plain.safetensors", str(file)):
        assert values.model(text) == str(file), text
    for text in ("starter", "plain.safetensors", "maker/model", "Flowers", "a.b"):
        assert values.model(text) == text
    monkeypatch.chdir(file.parent)
    assert values.model("plain.safetensors") == str(file)


def test_the_size_of_a_model_named_by_its_file(tmp_path: Path) -> None:
    file = str(tmp_path / "plain.safetensors")
    entry = {"name": "Plain", "role": "base", "path": file, "native_resolution": 768, "default": False}

    class Answers:
        """Answers GET /v1/models with one model, as models.model_list does."""

        def call(self, *_: object) -> dict[str, Any]:
            return {"models": [entry, {**entry, "name": "x", "path": "x", "native_resolution": 512, "default": True}]}

    for name in ("Plain", "plain", file, "plain.safetensors"):
        assert native_size(Answers(), name) == (768, 768)  # pyright: ignore[reportArgumentType]
    assert native_size(Answers(), None) == (512, 512)  # pyright: ignore[reportArgumentType]


def test_doctor_names_what_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERBRIDGE_MODELS", str(tmp_path / "mine"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    home = Home(tmp_path / "s", tmp_path / "m", tmp_path / "l")
    (sound,) = examine_models(home)
    assert sound.level == "ok" and "1 model can be used" in sound.what
    checkpoint(tmp_path / "mine" / "lora.safetensors", {"lora_unet.lora_down.weight": (1,)})
    (sound,) = examine_models(home)
    assert sound.level == "ok" and "1 file cannot" in sound.what
    for number in range(7):
        header_file(tmp_path / "mine" / f"bad{number}.safetensors", b"{")
    (finding,) = examine_models(home)
    assert finding.level == "warning" and "bad0" in finding.remedy and "models list" in finding.remedy
    assert "bad6" not in finding.remedy

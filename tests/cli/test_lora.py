"""LoRAs on the command line, with a real daemon and worker: added, left out, refused with a sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import loader
from bridge_server.pipelines.memory import Device
from tests.families.loras import write_lora
from tests.support.daemon import Daemon, short_home
from tests.support.tiny import build_tiny

from .shell import Shell

ASKED = ("generate", "txt2img", "--prompt", "red apple", "--model", "base", "--seed", 3, "--quiet")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    models = tmp_path_factory.mktemp("models")
    build_tiny(models / "base")
    (base,) = [model for model in find_models([models]) if not model.shipped]
    loaded = loader.load(base.ref, builtin(), Device("cpu", None), None)
    write_lora(models, loaded, name="ink", notes={"modelspec.trigger_phrase": "inkwash"})
    write_lora(models, loaded, name="other", told="sd2")
    write_lora(models / "added", loaded, name="base", seed=5)
    daemon = Daemon(short_home(), {"OMP_NUM_THREADS": "1"}, ("--models", str(models)))
    try:
        daemon.start()
        yield Shell(daemon.home)
    finally:
        daemon.stop()
        shutil.rmtree(daemon.home, ignore_errors=True)


def painted(shell: Shell, folder: Path, *more: object) -> bytes:
    done = shell(*ASKED, "--out", folder, *more)
    assert done.returncode == 0, done.stderr
    return (folder / "layer-1.png").read_bytes()


def test_a_lora_changes_the_picture_by_its_weight_and_leaves_no_trace(shell: Shell, tmp_path: Path) -> None:
    plain = painted(shell, tmp_path / "plain")
    full, half = (painted(shell, tmp_path / name, "--lora", name) for name in ("ink", "ink:0.5"))
    assert len({plain, full, half}) == 3
    assert painted(shell, tmp_path / "none", "--lora", "ink:0") == plain == painted(shell, tmp_path / "again")
    told = json.loads((tmp_path / "ink:0.5" / "result-1.json").read_text())
    assert told["model"]["name"] == "base"
    used = [(use["model"], use["role"], use["weight"]) for use in told["request"]["models"]]
    assert used == [("base", "base", 1.0), ("ink", "lora", 0.5)]


def test_a_lora_that_is_called_as_the_model_is_added_to_it(shell: Shell, tmp_path: Path) -> None:
    plain, changed = painted(shell, tmp_path / "plain"), painted(shell, tmp_path / "changed", "--lora", "base")
    assert plain != changed
    used = json.loads((tmp_path / "changed" / "result-1.json").read_text())["request"]["models"]
    assert [(use["model"], use["role"]) for use in used] == [("base", "base"), ("base", "lora")]
    lines = [line for line in shell("models", "list").stdout.splitlines() if line.startswith("base")]
    assert sorted(line.split(",")[0] for line in lines) == ["base: sd1 inpainting model", "base: sd1 lora"]


def test_it_is_listed_with_its_trigger_words(shell: Shell) -> None:
    lines = shell("models", "list").stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("ink:"))
    assert lines[at].startswith("ink: sd1 lora") and "role: lora" in lines[at + 1]
    assert "Trigger words: inkwash." in lines[at + 2]


@pytest.mark.parametrize(
    ("lora", "words"),
    [
        ("other", "is a LoRA for Stable Diffusion 2 and does not fit base"),
        ("nothing", "No LoRA is called nothing"),
        ("starter", "starter paints and cannot be added to a model"),
        ("ink:7", "7.0 is no number from -2 to 2"),
    ],
)
def test_what_cannot_be_added_is_refused_before_the_job(shell: Shell, tmp_path: Path, lora: str, words: str) -> None:
    done = shell(*ASKED, "--out", tmp_path, "--lora", lora)
    assert done.returncode != 0 and words in done.stderr, done.stderr
    assert not list(tmp_path.glob("layer-*"))
    assert shell("jobs", "list").stdout.count("failed") == 0


def test_one_lora_twice_is_refused(shell: Shell, tmp_path: Path) -> None:
    done = shell(*ASKED, "--out", tmp_path, "--lora", "ink", "--lora", "ink:0.5")
    assert done.returncode != 0 and "ink is named twice" in done.stderr

"""Chroma through a real daemon and worker: every job that paints, from a folder and from a single file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge_server.families.chroma.spec import FLASH, HD
from bridge_server.families.chroma.tiny import build
from tests.families.loras import write_lora_for
from tests.support.chroma_file import write_file
from tests.support.daemon import Daemon
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, serving

FAMILIES = {"hd": HD.key, "flash": FLASH.key}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder, rest = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("rest")
    build(folder / "hd")
    write_file(build(rest / "flash", family=FLASH.key), folder / "flash.safetensors", "", FLASH.key)
    write_lora_for(folder, "hd", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), [*(("hd", kind) for kind in KINDS), ("flash", "inpaint")])
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    assert (message["model"]["name"], message["model"]["family"]) == (model, FAMILIES[model])


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    many, few = listed["hd"], listed["flash"]
    assert set(KINDS) <= set(many["operations"]) and set(KINDS) <= set(few["operations"])
    assert (many["guidance"], many["negative_prompt"], many["guidance_scale"]) == ("cfg", True, 3.0)
    assert (few["guidance"], few["negative_prompt"]) == ("none", False)
    samplers = ["auto", "Euler", "Heun", "LCM", "DPM++ 2M", "DPM++ 2M SDE", "UniPC"]
    assert many["options"]["sampler"]["choices"] == samplers
    assert set(listed["ink"]["adds_to"]) >= set(FAMILIES.values())


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "hd", "ink")

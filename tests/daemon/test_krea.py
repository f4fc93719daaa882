"""Krea 2 through a real daemon and worker: every job that paints, with Turbo and the base model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge_server.families.krea_2.tiny import build
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, serving


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    build(folder / "turbo")
    build(folder / "base", family="krea-2")
    write_lora_for(folder, "turbo", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), [*(("turbo", kind) for kind in KINDS), ("base", "inpaint")])
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    told = {"turbo": "krea-2-turbo", "base": "krea-2"}
    assert (message["model"]["name"], message["model"]["family"]) == (model, told[model])


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    few, many = listed["turbo"], listed["base"]
    assert set(KINDS) <= set(few["operations"]) and set(KINDS) <= set(many["operations"])
    assert (few["guidance"], few["negative_prompt"]) == ("none", False)
    assert (many["guidance"], many["negative_prompt"], many["guidance_scale"]) == ("cfg", True, 3.0)
    samplers = ["auto", "Euler", "DPM++ 2M", "DPM++ 2M SDE", "UniPC", "LCM"]
    assert few["options"]["sampler"]["choices"] == samplers
    assert set(listed["ink"]["adds_to"]) == {"krea-2-turbo", "krea-2"}


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "turbo", "ink")

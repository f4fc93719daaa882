"""ERNIE-Image through a real daemon and worker: every job that paints, and, distilled, from files of its parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge_server.families.ernie_image.tiny import build
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, serving

MODELS = {"ernie": "ernie-image", "turbo": "ernie-image-turbo"}
JOBS = [("ernie", kind) for kind in KINDS] + [("turbo", "inpaint")]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    for name, family in MODELS.items():
        build(folder / name, family=family)
    write_lora_for(folder, "ernie", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), JOBS)
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    assert (message["model"]["name"], message["model"]["family"]) == (model, MODELS[model])


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    assert all(set(KINDS) <= set(listed[name]["operations"]) for name in MODELS)
    many, few = listed["ernie"], listed["turbo"]
    assert (many["guidance"], many["negative_prompt"], many["guidance_scale"]) == ("cfg", True, 3.0)
    assert (few["guidance"], few["negative_prompt"], few["steps"]) == ("none", False, 4)
    assert "ernie-image" in listed["ink"]["adds_to"] and "edit" not in many["operations"]


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "ernie", "ink")

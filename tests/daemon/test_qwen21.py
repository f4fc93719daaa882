"""Qwen-Image 2.1 through a real daemon and worker: every job that paints, and, distilled, from files of its parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge_server.families.qwen_image_21.tiny import build
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, serving

from .test_edit import layer

MODELS = {"qwen": "qwen-image-21", "turbo": "qwen-image-21-turbo"}
JOBS = [("qwen", kind) for kind in KINDS] + [("turbo", "inpaint")]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    for name, family in MODELS.items():
        build(folder / name, family=family)
    write_lora_for(folder, "qwen", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), JOBS)
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    assert (message["model"]["name"], message["model"]["family"]) == (model, MODELS[model])


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    assert all({*KINDS, "edit"} <= set(listed[name]["operations"]) for name in MODELS)
    many, few = listed["qwen"], listed["turbo"]
    assert (many["guidance"], many["negative_prompt"], many["guidance_scale"]) == ("cfg", True, 3.0)
    assert (few["guidance"], few["negative_prompt"], few["steps"]) == ("none", False, 4)
    assert few["options"]["sampler"]["choices"] == ["auto", "Euler", "LCM"]
    assert "qwen-image-21" in listed["ink"]["adds_to"]


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "qwen", "ink")


def test_a_picture_is_edited_as_a_sentence_says_with_references(daemon: Daemon) -> None:
    made = {layer(daemon, "qwen", references=count)[1].tobytes() for count in range(3)}
    assert len(made) == 3

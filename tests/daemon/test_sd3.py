"""Stable Diffusion 3.5 through a real daemon and worker: every job that paints, with T5 and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge_server.families.stable_diffusion_3.tiny import build
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, serving

FAMILIES = {"large": "sd35-large", "few": "sd35-medium"}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    build(folder / "large")
    build(folder / "few", family=FAMILIES["few"], has_t5=False)
    write_lora_for(folder, "large", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), [*(("large", kind) for kind in KINDS), ("few", "inpaint")])
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    assert (message["model"]["name"], message["model"]["family"]) == (model, FAMILIES[model])


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    large = listed["large"]
    assert all(set(KINDS) <= set(listed[name]["operations"]) for name in FAMILIES)
    assert (large["guidance"], large["negative_prompt"], large["guidance_scale"]) == ("cfg", True, 3.0)
    assert set(listed["ink"]["adds_to"]) == {"sd35-large", "sd35-large-turbo"}


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "large", "ink")

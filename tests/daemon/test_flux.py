"""FLUX.1 through a real daemon and worker: every job that paints, an edit, Fill, and a single file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge_server.families.flux1.spec import DEV, FILL, KONTEXT, SCHNELL
from bridge_server.families.flux1.tiny import build
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.flux_file import write_file
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, serving

from .test_edit import layer

FILE = "flux1-schnell"
FAMILIES = {"dev": DEV.key, "fill": FILL.key, "kontext": KONTEXT.key, FILE: SCHNELL.key}
JOBS = [(FILE, kind) for kind in KINDS] + [("dev", "img2img")]
JOBS += [("fill", kind) for kind in ("inpaint", "remove", "outpaint")] + [("kontext", "inpaint")]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder, rest = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("rest")
    for name in ("dev", "fill", "kontext"):
        build(folder / name, family=FAMILIES[name])
    write_file(build(rest / "schnell", family=SCHNELL.key), folder / f"{FILE}.safetensors", "", SCHNELL.key)
    write_lora_for(folder, "dev", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), JOBS)
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    assert (message["model"]["name"], message["model"]["family"]) == (model, FAMILIES[model])


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    assert all(set(KINDS) <= set(listed[name]["operations"]) for name in FAMILIES)
    guidances = {name: listed[name]["guidance"] for name in FAMILIES}
    assert guidances == {"dev": "embedded", "fill": "embedded", "kontext": "embedded", FILE: "none"}
    assert [name for name in FAMILIES if "edit" in listed[name]["operations"]] == ["kontext"]
    assert [name for name in FAMILIES if listed[name]["inpaint_model"]] == ["fill"]
    assert listed["dev"]["options"]["sampler"]["choices"] == ["auto", "Euler", "DPM++ 2M", "DPM++ 2M SDE", "UniPC"]
    assert set(listed["ink"]["adds_to"]) >= set(FAMILIES.values())


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "dev", "ink")


def test_a_picture_is_edited_as_a_sentence_says_with_a_reference(daemon: Daemon) -> None:
    made = {layer(daemon, "kontext", references=count)[1].tobytes() for count in range(2)}
    assert len(made) == 2

"""Z-Image through a real daemon and worker: every job that paints, with Turbo and the base model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge_server.families.z_image.tiny import build
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, serving
from tests.support.z_image_file import write_comfy

FAMILIES = {"turbo": "z-image-turbo", "base": "z-image", "z_image_turbo_bf16": "z-image-turbo"}
JOBS = [("turbo", kind) for kind in KINDS] + [("base", "inpaint"), ("z_image_turbo_bf16", "img2img")]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    for name in ("turbo", "base"):
        build(folder / name, family=FAMILIES[name])
    write_comfy(folder / "base", folder / "comfy", name="z_image_turbo_bf16", family="z-image-turbo")
    write_lora_for(folder, "turbo", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), JOBS)
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    assert (message["model"]["name"], message["model"]["family"]) == (model, FAMILIES[model])


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    assert all(set(KINDS) <= set(listed[name]["operations"]) for name in FAMILIES)
    few, many = listed["turbo"], listed["base"]
    assert (few["guidance"], few["negative_prompt"], few["img2img_strength"]) == ("none", False, 0.5)
    assert (many["guidance"], many["negative_prompt"], many["guidance_scale"]) == ("cfg", True, 3.0)
    samplers = ["auto", "Euler", "Heun", "LCM", "DPM++ 2M", "DPM++ 2M SDE", "UniPC"]
    assert few["options"]["sampler"]["choices"] == samplers
    assert set(listed["ink"]["adds_to"]) == {"z-image-turbo", "z-image"}


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "turbo", "ink")

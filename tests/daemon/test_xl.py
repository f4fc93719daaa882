"""Stable Diffusion XL through a real daemon and worker: every job that paints, from a folder and from a single file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from PIL import Image

from bridge_server.families.stable_diffusion_xl.tiny import build
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, painted, request, serving
from tests.support.requests import arrays
from tests.support.tiny_checkpoint import write_checkpoint

FOLDERS, FILES = ("base", "masked"), ("noob", "sdxl_lightning_4step")
JOBS = [(model, kind) for model in FOLDERS for kind in KINDS] + [(model, "inpaint") for model in FILES]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """base and masked are folders, of UNets with 4 and 9 channels; the others are single files."""
    folder, apart = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("apart")
    build(folder / "base", slow=3)
    build(folder / "masked", inpaint=True)
    build(folder / "finish", family="sdxl-refiner", seed=3)
    source = build(apart / "source")
    told = {"native_resolution": 64, "config": str(source)}
    for name, marks in (("noob", ("v_pred", "ztsnr")), ("sdxl_lightning_4step", ())):
        file = write_checkpoint(source, folder / f"{name}.safetensors", marks=marks)
        file.with_name(f"{name}.layerbridge.json").write_text(json.dumps(told))
    write_lora_for(folder, "base", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), JOBS)
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    family = {"noob": "sdxl-v", "sdxl_lightning_4step": "sdxl-lightning"}.get(model, "sdxl")
    assert (message["model"]["name"], message["model"]["family"]) == (model, family)


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    assert all(set(KINDS) <= set(listed[name]["operations"]) for name in (*FOLDERS, *FILES))
    assert listed["masked"]["inpaint_model"] and not listed["base"]["inpaint_model"]
    few = listed["sdxl_lightning_4step"]
    assert (few["steps"], few["guidance_scale"], few["img2img_strength"]) == (4, 1.0, 0.5)
    assert few["options"]["sampler"]["choices"][:3] == ["auto", "Euler", "Euler a"]
    assert {"sdxl", "sdxl-lightning"} <= set(listed["ink"]["adds_to"])
    finish = listed["finish"]
    assert (finish["role"], finish["adds_to"], finish["operations"]) == ("refiner", ["sdxl", "sdxl-v"], [])


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "base", "ink")


@pytest.mark.parametrize("kind", KINDS)
def test_a_refiner_finishes_every_job_and_leaves_no_trace(daemon: Daemon, kind: str) -> None:
    """Asked for again it is the same picture."""
    used = [{"model": "base", "role": "base"}, {"model": "finish", "role": "refiner", "start": 0.5}]
    plain = painted(daemon, kind, "base")[1].tobytes()
    message, image, _ = painted(daemon, kind, "base", models=used)
    assert image.tobytes() != plain
    told = [(use["model"], use["role"], use["start"]) for use in message["request"]["models"]]
    assert told == [("base", "base", 0.8), ("finish", "refiner", 0.5)]
    if kind == "txt2img":
        first = daemon.submit(request(kind, "base", models=used))["id"]
        daemon.wait(first)
        again = daemon.call("POST", f"/v1/jobs/{first}/resubmit")["id"]
        assert daemon.wait(again)["state"] == "done"
        made = arrays(daemon.call("GET", f"/v1/jobs/{again}/artifacts/layer/0"))
        assert made[1].tobytes() == image.tobytes()
        assert painted(daemon, kind, "base")[1].tobytes() == plain


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ([("sdxl_lightning_4step", "base"), ("finish", "refiner")], "no refiner is known for SDXL Lightning"),
        ([("base", "base"), ("finish", "refiner"), ("finish", "refiner")], "one refiner finishes"),
        ([("base", "base"), ("masked", "refiner")], "paints and cannot finish the pictures of a model"),
        ([("finish", "base")], "only finishes what another model begins and cannot paint"),
    ],
)
def test_a_refiner_in_a_wrong_place_is_refused_with_a_sentence(
    daemon: Daemon, models: list[tuple[str, str]], words: str
) -> None:
    used = [{"model": name, "role": role} for name, role in models]
    with pytest.raises(HTTPError) as caught:
        daemon.submit(request("txt2img", "base", models=used))
    assert words in json.loads(caught.value.read())["message"]


def test_a_preview_comes_while_it_paints_and_it_can_be_cancelled(daemon: Daemon) -> None:
    job = daemon.submit(request("inpaint", "base", steps=100))["id"]
    after = 0
    while True:
        reply = daemon.call("GET", f"/v1/jobs/{job}?after={after}&wait=20")
        after = max([after, *(event["seq"] for event in reply["events"])])
        if any(event["type"] == "preview" for event in reply["events"]):
            break
        assert reply["job"]["state"] not in ("done", "failed"), reply["job"]["error"]
    assert Image.open(io.BytesIO(daemon.call("GET", f"/v1/jobs/{job}/previews/0"))).format == "JPEG"
    daemon.call("POST", f"/v1/jobs/{job}/cancel")
    assert daemon.wait(job)["state"] in ("cancelled", "done")

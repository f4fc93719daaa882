"""Qwen-Image through a real daemon and worker: every job that paints, from a folder and, distilled, from a file; and
Qwen-Image-Edit.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from bridge_server.families.qwen_image.tiny import build
from bridge_server.protocol.frame import decode, encode
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.envelopes import envelope
from tests.support.painting import KINDS, SIDE, lands_as_planned, leaves_no_trace, request, serving
from tests.support.qwen_file import write_file
from tests.support.requests import arrays, picture, selection, tensor

from .test_edit import layer

FILE = "qwen-image-lightning-4steps"
MODELS = ("qwen", FILE)
SAMPLERS = ("Euler", "DPM++ 2M", "DPM++ 2M SDE", "UniPC", "LCM", "Euler shift 3")
EDIT, LAYERED = "edit-plus", "layered"
JOBS = [("qwen", kind) for kind in KINDS] + [(FILE, "inpaint"), (EDIT, "inpaint")]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    build(folder / "qwen")
    build(folder / EDIT, family="qwen-image-edit-plus")
    build(folder / LAYERED, family="qwen-image-layered")
    write_file(folder / "qwen", folder / f"{FILE}.safetensors", "model.diffusion_model.")
    write_lora_for(folder, "qwen", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), JOBS)
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    family = "qwen-image-edit-plus" if model == EDIT else "qwen-image"
    assert (message["model"]["name"], message["model"]["family"]) == (model, family)


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    assert all(set(KINDS) <= set(listed[name]["operations"]) for name in MODELS)
    many, few = listed["qwen"], listed[FILE]
    assert (many["guidance"], many["negative_prompt"], many["guidance_scale"]) == ("cfg", True, 3.0)
    assert "edit" in listed[EDIT]["operations"] and "edit" not in many["operations"]
    assert (few["steps"], few["guidance_scale"]) == (4, 1.0)
    assert many["options"]["sampler"]["choices"] == ["auto", *SAMPLERS]
    assert "qwen-image" in listed["ink"]["adds_to"]


def test_a_picture_comes_back_as_layers_that_give_it_back(daemon: Daemon) -> None:
    """Each of them also as a picture file, the lowest first; of a model that does nothing else."""
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}[LAYERED]
    assert listed["operations"] == ["separate"] == listed["default_for"] and not listed["default"]
    sent = request("separate", LAYERED, layer_count=3, seed=2)
    snapshot = daemon.wait(daemon.submit(sent)["id"])
    assert snapshot["state"] == "done", snapshot["error"]
    roles = [made["role"] for made in snapshot["artifacts"]]
    assert roles == ["layer-1", "layer-2", "layer-3"]
    over = np.zeros((SIDE, SIDE, 3))
    for role in roles:
        address = f"/v1/jobs/{snapshot['id']}/artifacts/{role}/0"
        message, image, mask = arrays(daemon.call("GET", address))
        box = message["bounds"]
        assert (message["role"], message["steps_run"], mask.min()) == (role, 4, 255)
        place = (slice(box["y"], box["y"] + box["height"]), slice(box["x"], box["x"] + box["width"]))
        share = image[:, :, 3:] / 255
        over[place] = image[:, :, :3] * share + over[place] * (1 - share)
        file = daemon.call("GET", address, headers={"Accept": "image/png"})
        assert Image.open(io.BytesIO(file)).mode == "RGBA"
    assert np.abs(over - picture(SIDE, SIDE)).max() <= 1.5


def test_of_a_selection_alone_16_bits_stay_and_what_is_transparent_is_refused(daemon: Daemon) -> None:
    mask = selection(SIDE, SIDE, (32, 48, 64, 40))
    image = np.dstack([picture(SIDE, SIDE), np.full((SIDE, SIDE), 255, np.uint8)]).astype(np.uint16) * 257
    for alpha, state in ((65535, "done"), (0, "failed")):
        image[:, :, 3] = alpha
        tensors = {"image": tensor(image), "mask": tensor(mask)}
        box = {"x": 0, "y": 0, "width": SIDE, "height": SIDE}
        flat = {"kind": "separate", "document": {"width": SIDE, "height": SIDE}, "bounds": box, "model": LAYERED}
        sent = encode(envelope({**flat, "prompt": "red apple", "layer_count": 2}, tensors), tensors)
        snapshot = daemon.wait(daemon.submit(sent)["id"])
        assert snapshot["state"] == state, snapshot["error"]
        if state == "failed":
            assert snapshot["error"]["code"] == "nothing_found" and "transparent here" in snapshot["error"]["message"]
            continue
        made = decode(daemon.call("GET", f"/v1/jobs/{snapshot['id']}/artifacts/layer-1/0"))
        assert made.message["bounds"] == {"x": 32, "y": 48, "width": 64, "height": 40}
        assert made.header.tensors["image"].dtype == "U16" and made.header.tensors["image"].shape == (40, 64, 4)
        assert bytes(made.tensor("mask")) == np.ascontiguousarray(mask[48:88, 32:96]).tobytes()


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "qwen", "ink")


def test_a_picture_is_edited_as_a_sentence_says_with_references(daemon: Daemon) -> None:
    made = {layer(daemon, EDIT, references=count)[1].tobytes() for count in range(3)}
    assert len(made) == 3

"""Edit by Instruction through a real daemon and worker, with a tiny FLUX.2 Klein beside models that cannot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest

from bridge_server.families.flux2_klein.tiny import build
from bridge_server.protocol.frame import encode
from tests.support.daemon import Daemon, short_home
from tests.support.envelopes import envelope
from tests.support.painting import SIDE
from tests.support.requests import arrays, picture, selection, tensor
from tests.support.tiny import build_tiny


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    build(folder / "klein")
    build_tiny(folder / "a-painter", inpaint=True)
    running = Daemon(short_home(), {"OMP_NUM_THREADS": "1"}, ("--models", str(folder)))
    try:
        yield running.start()
    finally:
        running.stop()
        shutil.rmtree(running.home, ignore_errors=True)


def request(model: str | None = "klein", references: int = 0, mask: Any = None, **options: Any) -> list[Any]:
    tensors = {"image": tensor(picture(SIDE, SIDE))}
    if mask is not None:
        tensors["mask"] = tensor(mask)
    box = {"x": 0, "y": 0, "width": SIDE, "height": SIDE}
    message = {"kind": "edit", "document": {"width": SIDE, "height": SIDE}, "bounds": box, "model": model, "seed": 1}
    told = envelope({**message, "prompt": "red apple", **options}, tensors)
    for number in range(1, references + 1):
        tensors[f"reference/{number}"] = tensor(picture(40 + number, 40))
        told["inputs"][f"reference/{number}"] = {"bounds": {"x": 0, "y": 0, "width": 40 + number, "height": 40}}
    return encode(told, tensors)


def layer(daemon: Daemon, *given: Any, **options: Any) -> tuple[dict[str, Any], Any, Any]:
    snapshot = daemon.wait(daemon.submit(request(*given, **options))["id"])
    assert snapshot["state"] == "done", snapshot["error"]
    return arrays(daemon.call("GET", f"/v1/jobs/{snapshot['id']}/artifacts/layer/0"))


def test_the_picture_is_shown_to_the_model_and_its_answer_is_a_layer(daemon: Daemon) -> None:
    message, image, mask = layer(daemon)
    assert message["model"]["name"] == "klein" and message["steps_run"] == 4
    assert message["bounds"] == {"x": 0, "y": 0, "width": SIDE, "height": SIDE}
    assert image.shape == (SIDE, SIDE, 4) and mask.max() == 255 and np.ptp(image[:, :, :3]) > 0


def test_the_same_request_gives_the_same_bytes_and_other_words_give_others(daemon: Daemon) -> None:
    first, again, other = (layer(daemon, prompt=text)[1].tobytes() for text in ("red apple", "red apple", "blue cat"))
    assert first == again and first != other


def test_each_reference_changes_the_picture(daemon: Daemon) -> None:
    made = {layer(daemon, references=count)[1].tobytes() for count in range(4)}
    assert len(made) == 4


def test_nothing_is_shown_outside_of_the_selection(daemon: Daemon) -> None:
    mask = selection(SIDE, SIDE, (32, 32, 64, 64))
    message, _, shown = layer(daemon, mask=mask, keep_to_selection=True)
    box = message["bounds"]
    whole = np.zeros((SIDE, SIDE), np.uint8)
    whole[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = shown
    assert whole.any() and not whole[mask == 0].any()


def test_it_is_painted_by_a_model_that_can_where_none_is_named(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    assert listed["a-painter"]["default"] and not listed["klein"]["default"]
    assert listed["klein"]["default_for"] == ["edit"] and "edit" not in listed["a-painter"]["operations"]
    assert "inpaint" in listed["a-painter"]["default_for"]
    assert layer(daemon, None)[0]["model"]["name"] == "klein"
    box = {"document": {"width": SIDE, "height": SIDE}, "operation": "edit"}
    assert daemon.call("POST", "/v1/plan", box)["model"] == "klein"


def test_a_model_that_cannot_is_refused_with_what_can(daemon: Daemon) -> None:
    with pytest.raises(HTTPError) as caught:
        daemon.submit(request("a-painter"))
    refused = json.loads(caught.value.read())
    assert refused["code"] == "unsupported"
    assert refused["message"] == (
        "Edit by Instruction needs a model that edits by instruction, such as FLUX.2 Klein, and a-painter is none. "
        "Choose another model."
    )

"""Edit by Instruction through a real daemon and worker, with a tiny FLUX.2 Klein beside models that cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest

from bridge_server.families.flux2_klein.tiny import build
from bridge_server.operations.instructions import instruction
from bridge_server.protocol.frame import encode
from tests.support.daemon import Daemon
from tests.support.envelopes import envelope
from tests.support.painting import SIDE, serving
from tests.support.requests import arrays, picture, selection, tensor
from tests.support.tiny import build_tiny


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    build(folder / "klein")
    build_tiny(folder / "a-painter", inpaint=True)
    with serving(folder) as running:
        yield running


def request(
    model: str | None = "klein", references: int = 0, mask: Any = None, names: Sequence[str] = (), **options: Any
) -> list[Any]:
    tensors = {"image": tensor(picture(SIDE, SIDE))}
    if mask is not None:
        tensors["mask"] = tensor(mask)
    box = {"x": 0, "y": 0, "width": SIDE, "height": SIDE}
    message = {"kind": "edit", "document": {"width": SIDE, "height": SIDE}, "bounds": box, "model": model, "seed": 1}
    told = envelope({**message, "prompt": "red apple", **options}, tensors)
    for number in range(1, references + 1):
        tensors[f"reference/{number}"] = tensor(picture(40 + number, 40))
        told["inputs"][f"reference/{number}"] = {"bounds": {"x": 0, "y": 0, "width": 40 + number, "height": 40}}
    for number, name in enumerate(names, 1):
        told["inputs"][f"reference/{number}"]["name"] = name
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


@pytest.mark.parametrize(
    ("task", "prompt"), [("add", "a cat"), ("replace", "a cat"), ("remove", ""), ("harmonize", "")]
)
def test_the_model_is_told_the_task(daemon: Daemon, task: str, prompt: str) -> None:
    mask = selection(SIDE, SIDE, (0, 32, 24, 64))
    told = instruction(task, prompt, "in the left part of the picture")
    short = layer(daemon, mask=mask, edit_task=task, prompt=prompt)
    assert short[1].tobytes() == layer(daemon, mask=mask, prompt=told)[1].tobytes()
    assert (
        short[0]["request"]["params"]["edit_task"] == task and short[0]["request"]["params"].get("prompt", "") == prompt
    )


@pytest.mark.parametrize(("task", "prompt", "done_as"), [("add", "a cat", "inpaint"), ("remove", "the cup", "remove")])
def test_a_task_is_done_otherwise_by_a_model_that_cannot_edit(
    daemon: Daemon, task: str, prompt: str, done_as: str
) -> None:
    mask = selection(SIDE, SIDE, (32, 32, 64, 64))
    asked = {"edit_task": task, "prompt": prompt}
    snapshot = daemon.wait(daemon.submit(request("a-painter", mask=mask, **asked))["id"])
    assert snapshot["state"] == "done" and snapshot["request"]["operation"] == "edit", snapshot["error"]
    message, image, shown = arrays(daemon.call("GET", f"/v1/jobs/{snapshot['id']}/artifacts/layer/0"))
    assert message["operation"] == done_as and message["model"]["name"] == "a-painter"
    assert [warning["code"] for warning in message["warnings"]].count("done_otherwise") == 1
    box = {"x": 0, "y": 0, "width": SIDE, "height": SIDE}
    same = {
        "kind": done_as,
        "document": {"width": SIDE, "height": SIDE},
        "bounds": box,
        "model": "a-painter",
        "seed": 1,
    }
    tensors = {"image": tensor(picture(SIDE, SIDE)), "mask": tensor(mask)}
    named = same if done_as == "remove" else {**same, "prompt": prompt}
    other = daemon.wait(daemon.submit(encode(envelope(named, tensors), tensors))["id"])
    _, plainly, _ = arrays(daemon.call("GET", f"/v1/jobs/{other['id']}/artifacts/layer/0"))
    assert image.tobytes() == plainly.tobytes() and shown.max() == 255
    told = {"document": {"width": SIDE, "height": SIDE}, "operation": "edit", "model": "a-painter", "edit_task": task}
    planned = daemon.call("POST", "/v1/plan", {**told, "selection": {"x": 32, "y": 32, "width": 32, "height": 32}})
    assert planned["operation"] == "edit" and planned["model"] == "a-painter"
    assert [notice["code"] for notice in planned["notices"]][:1] == ["done_otherwise"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"edit_task": "harmonize"}, "Edit by Instruction needs a model that edits by instruction"),
        ({"edit_task": "add", "prompt": "a cat"}, "Nothing is selected"),
        ({"edit_task": "add", "prompt": " ", "mask": True}, "needs one"),
        ({"edit_task": "add", "prompt": "a cat", "model": "gone"}, "No model is called gone"),
        ({"edit_task": "add", "prompt": "a cat", "references": 1, "mask": True}, "takes no references"),
    ],
)
def test_what_cannot_be_done_otherwise_is_refused(daemon: Daemon, given: dict[str, Any], why: str) -> None:
    mask = selection(SIDE, SIDE, (32, 32, 64, 64)) if given.get("mask") else None
    with pytest.raises(HTTPError) as caught:
        daemon.submit(request(**{"model": "a-painter", **given, "mask": mask}))
    assert why in json.loads(caught.value.read())["message"]


def test_a_layer_that_the_prompt_mentions_is_told_by_its_number(daemon: Daemon) -> None:
    """The picture that is edited is the model's first."""
    said = layer(daemon, references=2, names=("Sky", "My Coat"), prompt="the coat of <layer:My Coat>")
    plainly = layer(daemon, references=2, prompt="the coat of image 3")
    assert said[1].tobytes() == plainly[1].tobytes()
    with pytest.raises(HTTPError) as caught:
        daemon.submit(request(references=1, names=("Sky",), prompt="the coat of <layer:My Coat>"))
    assert "mentions the layer “My Coat”" in json.loads(caught.value.read())["message"]


def painted_with(daemon: Daemon, operation: str, references: int, **options: Any) -> bytes:
    """The pixels of a layer that Klein paints with so many references, which are called 1, 2 …"""
    box = {"x": 0, "y": 0, "width": SIDE, "height": SIDE}
    told = {"kind": operation, "document": {"width": SIDE, "height": SIDE}, "bounds": box, "model": "klein", "seed": 1}
    tensors = {"mask": tensor(selection(SIDE, SIDE, (32, 32, 64, 64)))}
    if operation != "txt2img":
        tensors["image"] = tensor(picture(SIDE, SIDE))
    message = envelope({"prompt": "red apple", **told, **options}, tensors)
    for number in range(1, references + 1):
        tensors[f"reference/{number}"] = tensor(picture(40 + number, 40))
        covered = {"bounds": {"x": 0, "y": 0, "width": 40 + number, "height": 40}, "name": str(number)}
        message["inputs"][f"reference/{number}"] = covered
    snapshot = daemon.wait(daemon.submit(encode(message, tensors))["id"])
    assert snapshot["state"] == "done", snapshot["error"]
    return arrays(daemon.call("GET", f"/v1/jobs/{snapshot['id']}/artifacts/layer/0"))[1].tobytes()


@pytest.mark.parametrize(("operation", "first"), [("inpaint", 2), ("img2img", 2), ("txt2img", 1)])
def test_the_other_operations_take_references(daemon: Daemon, operation: str, first: int) -> None:
    """Of a masked area, what is around it is the model's first picture."""
    without, one = (painted_with(daemon, operation, count) for count in (0, 1))
    assert without != one
    said = painted_with(daemon, operation, 1, prompt="as in <layer:1>")
    assert said == painted_with(daemon, operation, 1, prompt=f"as in image {first}")


def test_references_are_not_for_a_fill_by_example_nor_for_a_model_that_takes_none(daemon: Daemon) -> None:
    for given, why in (({"fill_with": "example", "prompt": ""}, "no references"), ({"model": "a-painter"}, "takes no")):
        with pytest.raises(HTTPError) as caught:
            painted_with(daemon, "inpaint", 1, **given)
        assert why in json.loads(caught.value.read())["message"]

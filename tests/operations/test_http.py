"""GET /v1/operations, and which options a job of each operation is accepted with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bridge_server.operations.base import InputSpec
from bridge_server.operations.registry import Registry, builtin
from bridge_server.protocol.frame import Tensor, encode

from ..support.app import Face, open_face
from ..support.envelopes import envelope
from .toy import TOY, with_toy

PICTURE = Tensor("U8", (4, 4, 3), bytes(48))
MASK = Tensor("U8", (4, 4), bytes([255] * 16))
TENSORS = {"image": PICTURE, "mask": MASK}
KNOWN = with_toy()


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    async with open_face(tmp_path, operations=with_toy()) as opened:
        yield opened


FLAT = {"document": {"width": 4, "height": 4}, "bounds": {"x": 0, "y": 0, "width": 4, "height": 4}}


async def submit(face: Face, kind: str, **options: Any) -> tuple[int, Any]:
    """A request with picture and mask, of what of them the operation reads."""
    tensors = {role: TENSORS[role] for role in KNOWN.get(kind).inputs if role in TENSORS} if kind in KNOWN else {}
    return await post(face, envelope(FLAT | {"kind": kind, **options}, tensors, KNOWN), tensors)


async def post(face: Face, message: dict[str, Any], tensors: Mapping[str, Tensor]) -> tuple[int, Any]:
    body = b"".join(bytes(part) for part in encode(message, tensors))
    status, answer, _ = await face.ask("POST", "/v1/jobs", body)
    return status, answer


async def test_the_daemon_tells_every_operation_with_its_options_and_schema(face: Face) -> None:
    status, answer, _ = await face.ask("GET", "/v1/operations")
    assert status == 200
    found = {operation["name"]: operation for operation in answer["operations"]}
    assert list(found) == ["toy", *builtin().names]
    assert found["toy"]["options"][0]["name"] == "toy_amount" and found["toy"]["options"][0]["maximum"] == 9
    for operation in found.values():
        jsonschema.Draft202012Validator.check_schema(operation["schema"])
        assert list(operation["schema"]["properties"]) == [option["name"] for option in operation["options"]]
        begin = {option["name"]: option["default"] for option in operation["options"] if option["default"] is not None}
        jsonschema.validate(begin, operation["schema"])
    assert found["remove"]["inputs"][1] == {
        "role": "mask", "title": "Selection", "required": True, "source": None, "unselected": "refused",
        "description": "", "absent": "", "whole": False, "shown_when": "",
    }  # fmt: skip


async def test_the_toy_is_accepted_with_its_option_and_kept_with_it(face: Face) -> None:
    status, job = await submit(face, "toy", toy_amount=7)
    assert status == 202, job
    _, answer, _ = await face.ask("GET", f"/v1/jobs/{job['id']}")
    assert answer["job"]["request"]["operation"] == "toy" and answer["job"]["request"]["params"]["toy_amount"] == 7


async def test_the_toys_limits_are_checked_and_its_option_is_its_own(face: Face) -> None:
    status, answer = await submit(face, "toy", toy_amount=10)
    assert status == 400 and answer["message"].startswith("toy_amount: Input should be less than or equal to 9")
    status, answer = await submit(face, "inpaint", toy_amount=7)
    assert (status, answer["message"]) == (400, "toy_amount: inpaint has no such option.")
    status, answer = await submit(face, "toy", prompt="a ball")
    assert (status, answer["message"]) == (400, "prompt: toy has no such option.")


async def test_removing_is_an_operation_that_takes_no_prompt(face: Face) -> None:
    status, job = await submit(face, "remove", grow=3)
    assert status == 202, job
    status, answer = await submit(face, "remove", prompt="a ball")
    assert (status, answer["message"]) == (400, "prompt: remove has no such option.")


async def test_an_option_of_another_operation_is_refused_whatever_it_says(face: Face) -> None:
    for strength in (0.5, 1.0):
        status, answer = await submit(face, "txt2img", strength=strength)
        assert (status, answer["message"]) == (400, "strength: txt2img has no such option.")


async def test_a_model_is_no_option(face: Face) -> None:
    named = {"params": {"model": "starter"}}
    status, answer = await post(face, envelope(FLAT | {"kind": "inpaint"}, TENSORS) | named, TENSORS)
    assert (status, answer["message"]) == (400, "model: inpaint has no such option.")


async def test_an_operation_without_a_model_gets_none(face: Face) -> None:
    status, job = await submit(face, "toy")
    assert (status, job["model"]) == (202, None)
    status, answer = await submit(face, "toy", model="starter")
    assert (status, answer["message"]) == (400, "models: toy uses no model.")


@pytest.mark.parametrize(
    ("models", "expected", "words"),
    [
        ([{"model": "ink", "role": "vae"}], 400, "has no role vae"),
        ([{"model": "ink", "role": "lora"}], 404, "No LoRA is called ink"),
        ([{"model": "starter", "role": "lora"}], 400, "starter paints and cannot be added to a model"),
        ([{"model": "ink", "role": "lora", "weight": 2.1}], 400, "models.0.weight"),
        ([{"model": "starter"}, {"model": "starter"}], 400, "one model paints"),
        ([{"model": ""}], 400, "models.0.model"),
    ],
)
async def test_models_that_would_not_be_used_are_refused(face: Face, models: Any, expected: int, words: str) -> None:
    status, answer = await submit(face, "img2img", models=models)
    assert status == expected and words in answer["message"], answer


async def test_where_no_model_paints_nothing_is_added(face: Face) -> None:
    lora = [{"model": "ink", "role": "lora"}]
    status, answer = await submit(face, "remove", models=lora, fill_with="example")
    assert (status, answer["message"]) == (400, "models: nothing can be added where no model paints.")
    status, answer = await submit(face, "remove", models=lora)
    assert status == 404, "by itself it is not filled by example then: the LoRA is looked for"


async def test_what_paints_with_no_model_takes_no_lora(face: Face) -> None:
    for operation in ("toy", "upscale"):
        status, answer = await submit(face, operation, models=[{"model": "ink", "role": "lora"}])
        assert status == 400 and "paints with no model that a lora could be added to" in answer["message"], answer


BOX = {"x": 0, "y": 0, "width": 4, "height": 4}


@pytest.mark.parametrize(
    ("inputs", "roles", "words"),
    [
        ({"image": {"bounds": BOX}}, ("image",), "mask: inpaint needs the selection."),
        ({"image": {"bounds": BOX}, "mask": {"bounds": BOX}}, ("image",), "mask: inpaint needs the selection."),
        ({"image": {"bounds": BOX}}, ("image", "mask"), "mask: the tensor is sent, and inputs do not have it."),
        ({"image": {}, "mask": {}}, ("image", "mask"), "inputs.image.bounds: is missing."),
        ({"image": {"bounds": BOX}, "mask": {"bounds": BOX | {"x": 1}}}, ("image", "mask"), "cover the same bounds"),
        ({"image": {"bounds": BOX, "profile": "icc"}, "mask": {"bounds": BOX}}, ("image", "mask"), "no tensor icc"),
        ({"image": {"bounds": BOX}, "mask": {"bounds": BOX, "profile": "sRGB"}}, ("image", "mask"), "has no colors"),
        (
            {"image": {"bounds": BOX}, "mask": {"bounds": BOX}, "control/1": {"bounds": BOX}},
            ("image", "mask", "control/1"),
            "inputs.control/1: inpaint reads no control/1.",
        ),
    ],
)
async def test_inputs_are_those_of_the_operation(face: Face, inputs: Any, roles: tuple[str, ...], words: str) -> None:
    tensors = {role: TENSORS.get(role, PICTURE) for role in roles}
    message = envelope(FLAT | {"kind": "inpaint", "inputs": inputs}, tensors)
    status, answer = await post(face, message, tensors)
    assert status == 400 and words in answer["message"], answer


FILE = Tensor("U8", (9,), b"not a PNG")


async def test_an_encoded_picture_passes_as_it_is(tmp_path: Path) -> None:
    """Whatever it holds: only the worker opens it."""
    inputs = {"image": TOY.inputs["image"], "reference/1": InputSpec("Like this", required=False)}
    operations = Registry([replace(TOY, inputs=inputs)])
    async with open_face(tmp_path, operations=operations) as face:
        whole: dict[str, Any] = {"image": {"bounds": BOX}, "reference/1": {"media_type": "image/png"}}
        for given, file, words in (
            (whole, FILE, ""),
            ({"image": {"media_type": "image/jpeg"}}, FILE, ""),
            ({"image": {"media_type": "image/gif"}}, FILE, "inputs.image.media_type"),
            ({"image": {"media_type": "image/png", "bounds": BOX}}, FILE, "inputs.image.bounds: an encoded picture"),
            (whole, PICTURE, "reference/1: has shape [4, 4, 3]; it must be U8, the 1 to"),
        ):
            tensors = {"image": FILE if "media_type" in given["image"] else PICTURE}
            tensors |= {"reference/1": file} if "reference/1" in given else {}
            message = envelope(FLAT | {"kind": "toy", "inputs": given}, tensors, operations)
            status, answer = await post(face, message, tensors)
            assert (status == 202) == (not words) and words in answer.get("message", ""), answer


async def test_what_paints_without_a_picture_takes_one_as_an_example_of_its_pixels(face: Face) -> None:
    for tensors in ({}, {"image": PICTURE}):
        message = envelope(FLAT | {"kind": "txt2img", "profile": "Adobe RGB (1998)"}, tensors)
        status, answer = await post(face, message, tensors)
        assert status == 202, answer
    message = envelope(FLAT | {"kind": "txt2img", "inputs": {"image": {"media_type": "image/png"}}}, {})
    status, answer = await post(face, message, {})
    assert (status, answer["message"]) == (400, "inputs.image: its tensor is not there.")
    message = envelope(FLAT | {"kind": "toy"}, {"mask": MASK}, KNOWN)
    status, answer = await post(face, message, {"mask": MASK})
    assert (status, answer["message"]) == (400, "inputs.mask: toy reads no mask.")


async def test_a_request_without_an_envelope_is_refused(face: Face) -> None:
    status, answer = await post(face, FLAT | {"kind": "txt2img", "prompt": "a ball"}, {})
    assert status == 400 and "operation: Field required." in answer["message"]


async def test_a_request_of_another_version_says_so(face: Face) -> None:
    status, answer = await submit(face, "img2img", version=2)
    assert status == 400 and answer["message"].startswith("version: img2img has version 1 here; bring Layerbridge")


async def test_an_operation_that_nobody_knows_is_refused_with_those_that_are(face: Face) -> None:
    status, answer = await submit(face, "paint")
    assert status == 400
    assert answer["message"].startswith("operation: Input should be 'toy', 'inpaint', 'remove', 'outpaint', 'img2img'")


async def test_there_is_nothing_to_plan_for_the_toy(face: Face) -> None:
    status, answer, _ = await face.ask("POST", "/v1/plan", {"operation": "toy", "document": {"width": 4, "height": 4}})
    assert (status, answer["message"]) == (400, "operation: there is nothing to plan for toy.")

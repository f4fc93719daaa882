"""GET /v1/operations, and which options a job of each operation is accepted with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bridge_server.protocol.frame import Tensor, encode

from ..support.app import Face, open_face
from .toy import with_toy

PICTURE = Tensor("U8", (4, 4, 3), bytes(48))
MASK = Tensor("U8", (4, 4), bytes([255] * 16))


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    async with open_face(tmp_path, operations=with_toy()) as opened:
        yield opened


async def submit(face: Face, kind: str, **options: Any) -> tuple[int, Any]:
    message = {
        "kind": kind,
        "document": {"width": 4, "height": 4},
        "bounds": {"x": 0, "y": 0, "width": 4, "height": 4},
        **options,
    }
    body = b"".join(bytes(part) for part in encode(message, {"image": PICTURE, "mask": MASK}))
    status, answer, _ = await face.ask("POST", "/v1/jobs", body)
    return status, answer


async def test_the_daemon_tells_every_operation_with_its_options_and_schema(face: Face) -> None:
    status, answer, _ = await face.ask("GET", "/v1/operations")
    assert status == 200
    found = {operation["name"]: operation for operation in answer["operations"]}
    assert list(found) == ["toy", "inpaint", "remove", "outpaint", "img2img", "txt2img"]
    assert found["toy"]["options"][0]["name"] == "toy_amount" and found["toy"]["options"][0]["maximum"] == 9
    for operation in found.values():
        jsonschema.Draft202012Validator.check_schema(operation["schema"])
        assert list(operation["schema"]["properties"]) == [option["name"] for option in operation["options"]]
        begin = {option["name"]: option["default"] for option in operation["options"] if option["default"] is not None}
        jsonschema.validate(begin, operation["schema"])
    assert found["remove"]["inputs"][1] == {
        "role": "mask", "title": "Selection", "required": True, "source": None, "unselected": "refused",
    }  # fmt: skip


async def test_the_toy_is_accepted_with_its_option_and_kept_with_it(face: Face) -> None:
    status, job = await submit(face, "toy", toy_amount=7)
    assert status == 202, job
    _, answer, _ = await face.ask("GET", f"/v1/jobs/{job['id']}")
    assert answer["job"]["request"]["kind"] == "toy" and answer["job"]["request"]["toy_amount"] == 7


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


async def test_what_says_no_more_than_the_operation_does_is_let_in(face: Face) -> None:
    """Clients send all they know; a result's settings, sent again, have every value."""
    status, job = await submit(face, "txt2img", strength=1.0, grow="auto", keep_to_selection=False)
    assert status == 202, job
    status, answer = await submit(face, "txt2img", strength=0.5)
    assert (status, answer["message"]) == (400, "strength: txt2img has no such option.")


async def test_an_operation_that_nobody_knows_is_refused_with_those_that_are(face: Face) -> None:
    status, answer = await submit(face, "paint")
    assert status == 400
    assert answer["message"].startswith("kind: Input should be 'toy', 'inpaint', 'remove', 'outpaint', 'img2img' or")


async def test_there_is_nothing_to_plan_for_the_toy(face: Face) -> None:
    status, answer, _ = await face.ask("POST", "/v1/plan", {"kind": "toy", "document": {"width": 4, "height": 4}})
    assert (status, answer["message"]) == (400, "kind: there is nothing to plan for toy.")

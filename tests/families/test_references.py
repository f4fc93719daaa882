"""References, for every family: those that it declares count, others are refused, in the worker and before a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge_server.errors import BridgeError
from bridge_server.families.base import Family
from bridge_server.families.references import check_references, reference_roles
from bridge_server.operations.base import InputSpec
from bridge_server.operations.registry import Registry, builtin
from bridge_server.protocol.frame import Tensor, encode
from bridge_server.protocol.requests import job_request
from bridge_server.worker.references import references_of
from bridge_server.worker.request import open_request
from tests.support.app import open_face

from . import contract_references
from .conftest import Subjects
from .contract import Subject
from .toy import SPEC, TOY, registry
from .toy.tiny import build

SIDE = 64
HEADERS = {"Content-Type": "application/octet-stream"}


@pytest.mark.parametrize("family", tuple(registry()), ids=lambda family: family.key)
def test_every_family_takes_the_references_that_it_declares(subjects: Subjects, family: Family) -> None:
    contract_references.takes_the_references_that_it_declares(subjects(family))


def test_one_that_a_family_needs_must_come(subjects: Subjects) -> None:
    needing = replace(TOY, spec=replace(SPEC, least_references=1))
    subject = Subject(needing, replace(subjects(TOY).loaded, spec=needing.spec))
    contract_references.takes_the_references_that_it_declares(subject)
    with pytest.raises(BridgeError, match="needs at least 1 reference picture, and none came"):
        check_references(needing.spec, 0, "edit")


def test_a_family_that_declares_one_and_does_not_look_at_it_fails_the_contract(subjects: Subjects) -> None:
    starter = next(family for family in registry() if family.key == "starter")
    told = replace(starter, spec=replace(starter.spec, references=1))
    subject = Subject(told, replace(subjects(starter).loaded, spec=told.spec))
    with pytest.raises(AssertionError, match="the reference 1 changes nothing"):
        contract_references.takes_the_references_that_it_declares(subject)


def test_they_are_told_by_their_roles_and_numbers() -> None:
    assert reference_roles(["reference/10", "image", "reference/2", "control/1", "reference/x"]) == [
        "reference/2",
        "reference/10",
    ]


def with_references() -> Registry:
    """Image to image with two references beside."""
    plain = builtin().get("img2img")
    two = {f"reference/{number}": InputSpec(f"Reference {number}", required=False) for number in (1, 2)}
    return Registry([replace(plain, inputs={**plain.inputs, **two})])


def request(model: str, references: dict[str, np.ndarray[Any, Any]]) -> bytes:
    box = {"x": 0, "y": 0, "width": SIDE, "height": SIDE}
    given = {"image": np.zeros((SIDE, SIDE, 3), np.uint8), **references}
    bounds = {role: {**box, "width": value.shape[1], "height": value.shape[0]} for role, value in given.items()}
    message = {
        "operation": "img2img",
        "version": 1,
        "params": {"prompt": "a boat"},
        "inputs": {role: {"bounds": bounds[role]} for role in given},
        "models": [{"model": model}],
        "document": {"width": SIDE, "height": SIDE},
    }
    tensors = {role: Tensor("U8", value.shape, value.data.cast("B")) for role, value in given.items()}
    return b"".join(bytes(part) for part in encode(message, tensors))


async def test_a_request_with_more_than_its_model_takes_is_refused_before_the_job(tmp_path: Path) -> None:
    build(tmp_path / "models" / "dream")
    picture = np.full((8, 8, 3), 200, np.uint8)
    one, two = {"reference/1": picture}, {"reference/1": picture, "reference/2": picture}
    async with open_face(
        tmp_path / "home", models=(tmp_path / "models",), families=registry(), operations=with_references()
    ) as face:
        for model, references, words in (
            ("dream", two, "dream takes at most 1 reference picture, and 2 came"),
            ("starter", one, "starter takes no reference pictures, and 1 came"),
        ):
            status, answer, _ = await face.ask("POST", "/v1/jobs", request(model, references), headers=HEADERS)
            assert status == 400 and words in answer["message"], (status, answer)
        for references in ({}, one):
            status, answer, _ = await face.ask("POST", "/v1/jobs", request("dream", references), headers=HEADERS)
            assert status == 202, answer


def test_the_model_sees_them_in_srgb_and_over_white(tmp_path: Path) -> None:
    clear = np.zeros((4, 6, 4), np.uint8)
    clear[:, 3:] = (255, 0, 0, 255)
    file = tmp_path / "request"
    file.write_bytes(request("dream", {"reference/2": clear, "reference/1": np.full((2, 2, 1), 51, np.uint8)}))
    with open_request(file, job_request(with_references())) as order:
        gray, red = references_of(order)
    assert gray.shape == (2, 2, 3) and np.allclose(gray, 0.2) and red.dtype == np.float32
    assert np.allclose(red[:, :3], 1.0) and np.allclose(red[:, 3:], (1, 0, 0))

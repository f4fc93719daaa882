"""Who fills: by example where there is nothing better, a model where it is asked for or was added."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge_server.http import by_example
from bridge_server.models.catalog import STARTER_NAME
from bridge_server.protocol.frame import encode
from tests.support.app import Face, open_face
from tests.support.envelopes import envelope
from tests.support.requests import picture, selection, tensor
from tests.support.tiny import build_tiny

SIDE = 128


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    """With the shipped model alone."""
    async with open_face(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny(folder / "tiny")
    return folder


def request(kind: str, sampled: bool = False, **options: Any) -> bytes:
    tensors = {"image": tensor(picture(SIDE, SIDE))}
    if sampled:
        tensors["reference/1"] = tensor(picture(SIDE, SIDE))
    if kind in ("inpaint", "remove"):
        tensors["mask"] = tensor(selection(SIDE, SIDE, (32, 32, 40, 40)))
    margins = {"margins": {"right": 32}} if kind == "outpaint" else {}
    full = {
        "kind": kind,
        "document": {"width": SIDE, "height": SIDE},
        "bounds": {"x": 0, "y": 0, "width": SIDE, "height": SIDE},
        **margins,
        **options,
    }
    return b"".join(bytes(part) for part in encode(envelope(full, tensors), tensors))


async def model_of(face: Face, kind: str, **options: Any) -> str | None:
    """The model of the job that a request becomes, and "refused: …" where it becomes none."""
    status, answer, _ = await face.ask("POST", "/v1/jobs", request(kind, **options))
    return answer["model"] if status in (200, 202) else f"refused: {answer['message']}"


@pytest.mark.parametrize("kind", ["remove", "outpaint", "inpaint"])
async def test_without_a_prompt_and_a_better_model_by_example(face: Face, kind: str) -> None:
    assert await model_of(face, kind) is None
    assert await model_of(face, kind, fill_with="model") == STARTER_NAME
    assert await model_of(face, kind, model=STARTER_NAME) == STARTER_NAME
    assert await model_of(face, kind, strength=0.5) == STARTER_NAME


async def test_words_are_a_models(face: Face) -> None:
    assert await model_of(face, "inpaint", prompt="an apple") == STARTER_NAME
    assert await model_of(face, "outpaint", prompt="a wall") == STARTER_NAME
    refused = await model_of(face, "inpaint", prompt="an apple", fill_with="example")
    assert refused is not None and "prompt" in refused


async def test_a_model_of_ones_own_comes_first(tmp_path: Path, added: Path) -> None:
    async with open_face(tmp_path, models=(added,)) as face:
        assert await model_of(face, "remove") == "tiny"
        assert await model_of(face, "remove", fill_with="example") is None


async def test_what_pieces_come_from_is_asked_for_by_example(tmp_path: Path, added: Path, face: Face) -> None:
    """Also where a model of one's own would do it by itself; with words, or a model by name, it is not read."""
    async with open_face(tmp_path / "own", models=(added,)) as own:
        for one in (own, face):
            assert await model_of(one, "remove", sampled=True) is None
            assert await model_of(one, "outpaint", sampled=True) is None
            for asked in ({"fill_with": "model"}, {"model": STARTER_NAME}, {"strength": 0.5}):
                refused = await model_of(one, "remove", sampled=True, **asked)
                assert refused is not None and refused.startswith("refused: “Sample from” is for a fill by example")
            refused = await model_of(one, "outpaint", sampled=True, prompt="a wall")
            assert refused is not None and "leave the prompt empty" in refused


async def test_the_plan_of_a_sampled_job_is_that_of_a_fill(tmp_path: Path, added: Path) -> None:
    """Where a model of one's own would do it by itself: what pieces come from must be read as well as told."""
    wanted = {
        "operation": "remove",
        "document": {"width": 4000, "height": 3000},
        "selection": {"x": 2000, "y": 1400, "width": 300, "height": 200},
    }
    async with open_face(tmp_path, models=(added,)) as own:
        _, plain, _ = await own.ask("POST", "/v1/plan", wanted)
        assert (plain["model"], plain["fill_with"]) == ("tiny", "model")
        _, filled, _ = await own.ask("POST", "/v1/plan", wanted | {"fill_with": "example"})
        _, sampled, _ = await own.ask("POST", "/v1/plan", wanted | {"further": ["reference/1"]})
        assert (sampled["model"], sampled["by_example"], sampled["fill_with"]) == ("", True, "example")
        assert covers(sampled["capture"], filled["capture"])
        for asked in ({"model": "tiny"}, {"has_prompt": True}):
            outpaint = {"operation": "outpaint", "document": wanted["document"], "margins": {"right": 64}}
            status, painted, _ = await own.ask("POST", "/v1/plan", outpaint | asked | {"further": ["reference/1"]})
            assert (status, painted["model"]) == (200, "tiny")  # the form goes on; the job is refused


async def test_without_numba_the_shipped_model_does_it(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_example, "find_spec", lambda name: None)
    assert await model_of(face, "remove") == STARTER_NAME
    refused = await model_of(face, "remove", fill_with="example")
    assert refused is not None and "numba" in refused


async def test_the_job_says_it_and_stays_so_when_it_is_run_again(tmp_path: Path, added: Path) -> None:
    async with open_face(tmp_path) as face:
        _, answer, _ = await face.ask("POST", "/v1/jobs", request("remove"))
        job = (await face.ask("GET", f"/v1/jobs/{answer['id']}"))[1]["job"]
        assert job["request"]["params"]["fill_with"] == "example" and job["request"]["models"] == []
        await face.ask("POST", f"/v1/jobs/{answer['id']}/cancel")
    async with open_face(tmp_path, models=(added,)) as face:
        job = (await face.ask("GET", f"/v1/jobs/{answer['id']}"))[1]["job"]
        assert job["state"] == "cancelled" and not job.get("other_version"), "what was stored is read again"
        status, again, _ = await face.ask("POST", f"/v1/jobs/{answer['id']}/resubmit")
        assert status in (200, 202) and again["model"] is None


async def test_a_plan_without_a_model_asks_for_what_is_copied_from(face: Face) -> None:
    wanted = {
        "operation": "remove",
        "document": {"width": 4000, "height": 3000},
        "selection": {"x": 2000, "y": 1400, "width": 300, "height": 200},
    }
    _, plain, _ = await face.ask("POST", "/v1/plan", wanted | {"fill_with": "example"})
    assert plain["model"] == "" and plain["by_example"] and plain["fill_with"] == "example"
    assert plain["tiles"] == 0 and plain["notices"] == []
    assert (plain["working_width"], plain["working_height"]) == (plain["context"]["width"], plain["context"]["height"])
    assert 800 <= plain["capture"]["width"] <= 1200, "the selection and as much on each side"
    _, automatic, _ = await face.ask("POST", "/v1/plan", wanted)
    assert automatic["model"] == "" and automatic["target"] == plain["target"]
    _, painted, _ = await face.ask("POST", "/v1/plan", wanted | {"fill_with": "model"})
    assert painted["model"] == STARTER_NAME and not painted["by_example"] and painted["fill_with"] == "model"
    for made in (plain, painted):
        assert covers(automatic["capture"], made["capture"])


def covers(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] <= other["x"]
        and one["y"] <= other["y"]
        and one["x"] + one["width"] >= other["x"] + other["width"]
        and one["y"] + one["height"] >= other["y"] + other["height"]
    )

"""POST /v1/plan tells how long an operation takes that plans nothing: enlarging with a network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge_server.operations.registry import builtin
from bridge_server.protocol.frame import encode
from bridge_server.protocol.service import DeviceInfo
from tests.support.app import Face, open_face
from tests.support.tiny_upscalers import RRDBNet, save, seeded

MEGAPIXEL = {"width": 1000, "height": 1000}


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    """With a network of Real-ESRGAN x4plus's width and a twelfth of its depth."""
    (tmp_path / "models").mkdir()
    save(seeded(lambda: RRDBNet(4, 64, 32, 2)), tmp_path / "models" / "heavy.safetensors")
    async with open_face(tmp_path, models=(tmp_path / "models",)) as opened:
        yield opened


async def told(face: Face, model: str | None = None, document: dict[str, int] = MEGAPIXEL, **asked: Any) -> list[str]:
    body = {"operation": "upscale", "document": document, **({"model": model} if model else {}), **asked}
    status, answer, _ = await face.ask("POST", "/v1/plan", body)
    assert status == 200, answer
    assert answer["warnings"] == [notice["message"] for notice in answer["notices"]]
    assert all(notice["code"] == "takes_long" for notice in answer["notices"])
    return answer["warnings"]


async def test_a_network_tells_its_time_and_what_is_quick_does_not(face: Face) -> None:
    (heavy,) = await told(face, "heavy", params={"scale": "2"})
    assert heavy.startswith("Enlarging takes about 4 minutes on two processor cores, or 1 second on a graphics card.")
    assert await told(face) == await told(face, params={"treat_as": "photograph", "scale": "4"}) == []
    (drawing,) = await told(face, document={"width": 5000, "height": 4000}, params={"treat_as": "drawing"})
    assert "minutes" in drawing or "seconds" in drawing
    layer = {"x": -50, "y": 0, "width": 100, "height": 50}
    assert await told(face, "heavy", layer=layer) == [], "of the layer, as far as the canvas shows it"


async def test_what_a_worker_measured_counts(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    device = DeviceInfo(name="cpu", state="idle", upscaling={"rrdb": 1e9, "compact": 1e12})
    monkeypatch.setattr(face.services.executor, "devices", lambda: [device])
    (heavy,) = await told(face, "heavy")
    assert heavy.startswith("Enlarging takes about 99 minutes on this machine.")


@pytest.mark.parametrize("operation", builtin().names)
async def test_options_that_are_none_are_refused_in_the_words_of_a_job(face: Face, operation: str) -> None:
    """Of every operation, also where nothing is planned or told of the time that it takes."""
    spec = builtin().get(operation)
    wrong: list[dict[str, Any]] = [{"strange": 1}, {"model": "heavy"}]
    wrong += [{"seed": -1}] if spec.has_option("seed") else []
    wrong += [{"threshold": 7}] if spec.has_option("threshold") else []
    wrong += [{"scale": "9"}] if spec.has_option("scale") else []
    for params in wrong:
        body = {"operation": operation, "document": MEGAPIXEL, "params": params}
        status, answer, _ = await face.ask("POST", "/v1/plan", body)
        assert (status, answer["code"]) == (400, "invalid_request"), answer
        job = b"".join(bytes(part) for part in encode({**body, "version": spec.version}, {}))
        assert answer["message"] == (await face.ask("POST", "/v1/jobs", job))[1]["message"]
        assert answer["message"].startswith(f"{next(iter(params))}: ")


async def test_right_options_change_no_plan(face: Face) -> None:
    body = {"operation": "inpaint", "document": MEGAPIXEL, "selection": {"x": 9, "y": 9, "width": 90, "height": 90}}
    plain = await face.ask("POST", "/v1/plan", body)
    assert plain[0] == 200 and plain[:2] == (await face.ask("POST", "/v1/plan", {**body, "params": {"seed": 4}}))[:2]

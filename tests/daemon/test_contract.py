"""Every answer is one that protocol/endpoints.py declares, and what it declares can happen: HTTP and WebSocket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge_server.config import Limits
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.http import contract, upload
from bridge_server.http.call import parse_message
from bridge_server.http.contract import UNDECLARED_VARIABLE, Contract, endpoint_of, undeclared
from bridge_server.protocol.endpoints import ENDPOINTS, SOCKET, SUBMIT, endpoint_named, errors_of
from bridge_server.protocol.envelope import JobRequest
from bridge_server.protocol.frame import encode
from bridge_server.protocol.messages import ArtifactInfo, ArtifactMeta, JobState
from tests.models.made import checkpoint
from tests.support.app import Face, open_face
from tests.support.envelopes import envelope
from tests.support.requests import frame

DOCUMENT = {"width": 64, "height": 64}


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    models = tmp_path / "models"
    models.mkdir()
    (models / "old.ckpt").write_bytes(b"\x80\x02pickle")
    (models / "torn.safetensors").write_bytes(b"\xff" * 40)
    (models / "words.safetensors").write_bytes(lora())
    async with open_face(tmp_path, Limits(queued_jobs=4), (models,)) as made:
        yield made


def lora() -> bytes:
    entry = {"dtype": "F16", "shape": [4, 4], "data_offsets": [0, 32]}
    header = json.dumps({"lora_unet_down_blocks_0.lora_up.weight": entry}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(32)


async def over_socket(face: Face, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers in the order of the calls, each sent when the one before is answered."""
    answers: list[dict[str, Any]] = []
    async with face.session.ws_connect(f"{face.url}/v1/socket") as socket:
        await socket.send_json({"token": face.services.secret})
        assert (await socket.receive_json())["hello"] is True
        for rid, call in enumerate(calls):
            await socket.send_json({"rid": rid, **call})
            while (message := await socket.receive_json()).get("rid") != rid:
                pass
            answers.append(message)
    return answers


@pytest.mark.parametrize("name", ["old", "torn", "words", "none/such/thing"])
async def test_a_model_that_cannot_be_used_is_refused_with_a_declared_code_by_all_that_ask_for_one(
    face: Face, name: str
) -> None:
    code = {"old": "model_unsafe", "torn": "model_unreadable", "words": "unsupported"}.get(name, "model_not_found")
    plan = {"operation": "txt2img", "document": DOCUMENT, "model": name}
    frame_bytes = b"".join(bytes(part) for part in frame("txt2img", side=64, model=name))
    for call, body in (("plan", plan), ("submit", frame_bytes), ("load_model", {"model": name})):
        endpoint = endpoint_named(call)
        status, answer, _ = await face.ask(endpoint.method, endpoint.path, body)
        assert (answer["code"], status) == (code, BridgeError(ErrorCode(code), "").status), call
        assert ErrorCode(code) in errors_of(endpoint)
    asked = [{"method": "POST", "path": "/v1/plan", "body": plan}]
    assert [answer["body"]["code"] for answer in await over_socket(face, asked)] == [code]


async def submitted(face: Face, **message: Any) -> str:
    parts = frame("txt2img", side=64, **message)
    status, answer, _ = await face.ask("POST", "/v1/jobs", b"".join(bytes(part) for part in parts))
    assert status == 202, answer
    return answer["id"]


async def test_run_again_takes_the_model_from_where_it_lies_now(face: Face, tmp_path: Path) -> None:
    job = face.services.queue.find("owner", await submitted(face))
    registry = face.services.models
    usable = await registry.resolve(None)
    await face.services.dispatcher.cancel(job)
    face.services.queue._jobs[job.id].model = usable.from_json({**usable.to_json(), "path": str(tmp_path / "gone")})
    status, answer, _ = await face.ask("POST", f"/v1/jobs/{job.id}/resubmit")
    assert status == 202
    assert face.services.queue.find("owner", answer["id"]).model == usable


async def test_a_program_that_floods_the_queue_is_told_so_and_another_is_served(face: Face) -> None:
    greedy, other = await face.pair("Greedy"), await face.pair("Other")
    content = b"".join(bytes(part) for part in frame("txt2img", side=64))
    answers = [await face.ask("POST", "/v1/jobs", content, token=greedy) for _ in range(4)]
    assert [status for status, _, _ in answers] == [202, 202, 429, 429]
    assert answers[2][1]["message"].startswith("This program already has 2 jobs waiting")
    status, answer, _ = await face.ask("POST", "/v1/jobs", content, token=other)
    assert (status, answer["position"]) == (202, 1)


async def test_run_again_of_a_model_that_is_no_more_says_so(face: Face) -> None:
    job = face.services.queue.find("owner", await submitted(face))
    await face.services.dispatcher.cancel(job)
    job.request = job.request.changed(models=[{"model": "deleted"}])
    job.model = replace(job.model, key="0" * 16)
    status, answer, _ = await face.ask("POST", f"/v1/jobs/{job.id}/resubmit")
    assert (status, answer["code"]) == (404, "model_not_found")
    assert len(list(face.services.spool.root.iterdir())) == 1


async def test_run_again_finds_a_model_that_is_called_otherwise_by_now(face: Face) -> None:
    job = face.services.queue.find("owner", await submitted(face))
    await face.services.dispatcher.cancel(job)
    job.request = job.request.changed(models=[{"model": "as it was called then"}])
    status, answer, _ = await face.ask("POST", f"/v1/jobs/{job.id}/resubmit")
    assert (status, answer["model"]) == (202, "starter")


async def test_run_again_adds_the_lora_that_was_added_then(face: Face, tmp_path: Path) -> None:
    """Another one may be called as it was."""
    models = tmp_path / "models"
    for name, rank in (("ink", 2), ("chalk", 3)):
        shapes = {"down": (rank, 64), "up": (64, rank)}
        layer = "lora_unet_down_blocks_0_attentions_0_proj_in"
        checkpoint(models / f"{name}.safetensors", {f"{layer}.lora_{kind}.weight": of for kind, of in shapes.items()})
        (models / f"{name}.layerbridge.json").write_text('{"family": "starter"}')
    added = {"model": "ink", "role": "lora", "weight": 0.5}
    status, answer, _ = await face.ask("POST", "/v1/jobs", asking_for([{"model": "starter"}, added]))
    assert status == 202, answer
    job = face.services.queue.find("owner", answer["id"])
    await face.services.dispatcher.cancel(job)
    for file in models.glob("ink.*"):
        file.rename(models / file.name.replace("ink", "brush"))
    for file in models.glob("chalk.*"):
        file.rename(models / file.name.replace("chalk", "ink"))
    await face.services.models.refresh()
    status, answer, _ = await face.ask("POST", f"/v1/jobs/{job.id}/resubmit")
    assert status == 202, answer
    again = face.services.queue.find("owner", answer["id"])
    assert [(one.name, one.weight) for one in again.model.adapters] == [("brush", 0.5)]
    assert [(use.model, use.weight) for use in again.request.adapters] == [("brush", 0.5)]


def asking_for(used: list[dict[str, Any]]) -> bytes:
    told = envelope({"kind": "txt2img", "document": DOCUMENT, "prompt": "red apple"}, {})
    return b"".join(bytes(part) for part in encode(told | {"models": used}, {}))


async def test_a_model_that_was_moved_is_found_again(face: Face, tmp_path: Path) -> None:
    registry = face.services.models
    file = tmp_path / "models" / "torn.safetensors"
    await registry.refresh()
    (model,) = [one for one in registry._models or [] if one.name == "torn"]
    registry._models = [model.__class__(ref=model.ref)]
    assert (await registry.resolve("torn")).path == str(file)
    file.rename(file.with_name("elsewhere.safetensors"))
    with pytest.raises(BridgeError) as caught:
        await registry.resolve("torn")
    assert caught.value.code is ErrorCode.MODEL_NOT_FOUND


async def test_run_again_without_its_pictures_is_not_found(face: Face) -> None:
    job = face.services.queue.find("owner", await submitted(face))
    await face.services.dispatcher.cancel(job)
    face.services.spool.request(job.id).unlink()
    status, answer, _ = await face.ask("POST", f"/v1/jobs/{job.id}/resubmit")
    assert (status, answer["code"]) == (404, "not_found")
    assert "editor" in answer["message"]


async def test_a_daemon_that_stops_takes_no_job_and_runs_none_again(face: Face) -> None:
    job = face.services.queue.find("owner", await submitted(face))
    await face.services.dispatcher.cancel(job)
    face.services.stop.set()
    for path, body in (("/v1/jobs", b"x"), (f"/v1/jobs/{job.id}/resubmit", None)):
        status, answer, _ = await face.ask("POST", path, body)
        assert (status, answer["code"]) == (503, "shutting_down")


async def test_an_upload_that_stands_still_is_given_up_with_a_declared_code(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "STALL_SECONDS", 0.05)
    call = {"method": "POST", "path": "/v1/jobs", "bytes": 100, "chunks": 1}
    (answer,) = await over_socket(face, [call])
    assert (answer["status"], answer["body"]["code"]) == (500, "interrupted")


async def test_a_method_that_is_not_taken_is_told_which_are(face: Face) -> None:
    for endpoint in (*ENDPOINTS, SOCKET):
        path = endpoint.path.format(id="x", role="layer", n="0", client="c")
        status, answer, headers = await face.ask("PATCH", path)
        assert (status, answer["code"]) == (405, "method_not_allowed")
        of_path = {other.method for other in (*ENDPOINTS, SOCKET) if other.path == endpoint.path}
        assert set(headers["Allow"].split(",")) == of_path


async def test_a_socket_that_is_none_and_calls_that_are_none_are_refused_as_declared(face: Face) -> None:
    status, answer, _ = await face.ask("GET", "/v1/socket")
    assert (status, answer["code"]) == (400, "invalid_request")
    calls = [{"method": "GET", "path": "/v1/none"}, {"method": "PUT", "path": "/v1/jobs"}, {"path": "//["}, {"path": 7}]
    calls += [{"method": "GET", "path": "/v1/hello", "bytes": 0, "chunks": 0}, {"method": "POST", "path": "/v1/jobs"}]
    codes = [answer["body"]["code"] for answer in await over_socket(face, calls)]
    assert codes == [
        "not_found", "method_not_allowed", "invalid_request", "not_found", "invalid_request", "invalid_request",
    ]  # fmt: skip


async def test_only_calls_that_take_a_body_read_one(face: Face) -> None:
    too_long = b"x" * (face.services.options.limits.json_bytes + 1)
    for endpoint in ENDPOINTS:
        if endpoint is SUBMIT or endpoint.name == "shutdown":
            continue
        path = endpoint.path.format(id="x", role="layer", n="0", client="c")
        _, answer, _ = await face.ask(endpoint.method, path, too_long)
        told = answer.get("code") if isinstance(answer, dict) else None
        assert (told == "too_large") == (endpoint.takes is not None), endpoint.name


async def test_results_are_answered_with_the_statuses_of_ranges_and_conditions(face: Face) -> None:
    job = face.services.queue.find("owner", await submitted(face))
    job.artifacts[("layer", 0)] = ArtifactInfo(
        role="layer", index=0, bytes=10, meta=ArtifactMeta(seed=1, bounds=job.request.bounds)
    )
    face.services.spool.artifact(job.id, "layer", 0).write_bytes(b"0123456789")
    path = f"/v1/jobs/{job.id}/artifacts/layer/0"
    _, _, headers = await face.ask("GET", path)
    for given, expected in (
        ({"Range": "bytes=2-4"}, 206),
        ({"Range": "bytes=50-"}, 416),
        ({"If-None-Match": headers["ETag"]}, 304),
        ({"If-Match": '"other"'}, 412),
    ):
        status, _, _ = await face.ask("GET", path, headers=given)
        assert status == expected
        responses = [str(status) for status in contract.RANGE_STATUSES]
        assert str(expected) in responses


async def test_an_answer_that_is_not_declared_is_noted_over_http_and_over_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without this the check of the whole suite could be blind."""
    noted = tmp_path / "noted"
    monkeypatch.setenv(UNDECLARED_VARIABLE, str(noted))
    async with open_face(tmp_path / "home") as face:

        def refuse() -> None:
            raise BridgeError(ErrorCode.SAFETY_BLOCKED, "This cannot be.")

        monkeypatch.setattr(face.services.queue, "listing", lambda *_: refuse())
        await face.ask("GET", "/v1/jobs")
        assert "GET /v1/jobs answered with code safety_blocked" in noted.read_text()
        noted.unlink()
        await over_socket(face, [{"method": "GET", "path": "/v1/jobs?limit=3"}])
        assert "GET /v1/jobs answered with code safety_blocked" in noted.read_text()


def test_no_code_passes_that_a_call_does_not_declare_and_every_one_that_it_does() -> None:
    for endpoint in (*ENDPOINTS, SOCKET):
        path = endpoint.path.format(id="1-a", role="layer", n="0", client="c")
        assert endpoint_of(endpoint.method, path) is endpoint
        for code in ErrorCode:
            wrong = undeclared(endpoint, BridgeError(code, "").status, code)
            assert bool(wrong) == (code not in errors_of(endpoint))
        assert undeclared(endpoint, 418, None)
        assert undeclared(endpoint, 418, ErrorCode.INTERNAL)
        assert not undeclared(endpoint, endpoint.status, None)
    assert not undeclared(None, 404, ErrorCode.NOT_FOUND)
    assert undeclared(None, 200, None)


def test_a_daemon_that_was_not_asked_to_look_does_not() -> None:
    assert not Contract({}).looks


def test_what_is_finished_is_declared_as_words_of_the_listing() -> None:
    (state,) = [parameter for parameter in endpoint_named("history").parameters if parameter.name == "state"]
    assert state.words == tuple(JobState)


NUMBERS = ("steps", "strength", "guidance_scale", "seed", "num_images", "grow", "feather", "padding")
SIDES = {"margins": ("left", "top", "right", "bottom"), "document": ("width", "height"), "bounds": ("x", "width")}


def with_value(where: str, value: Any) -> dict[str, Any]:
    """An outpaint with `value` in one place: "steps", or "margins.left"."""
    box = {"x": 0, "y": 0, "width": 64, "height": 64}
    full: dict[str, Any] = {"kind": "outpaint", "document": DOCUMENT, "bounds": box, "margins": {"right": 8}}
    outer, _, inner = where.rpartition(".")
    full[outer or where] = {**full.get(outer, {}), inner: value} if outer else value
    return envelope(full)


PLACES = [*NUMBERS, *(f"{outer}.{inner}" for outer, names in SIDES.items() for inner in names)]


@pytest.mark.parametrize("where", PLACES)
def test_a_number_is_neither_a_text_nor_true_or_false(where: str) -> None:
    for wrong in (True, False, "7", "4.0", "", "x"):
        with pytest.raises(BridgeError) as caught:
            parse_message(JobRequest, json.dumps(with_value(where, wrong)))
        place = where.replace("bounds.", "inputs.image.bounds.")
        assert caught.value.message.startswith(f"{place}: must be a number (given: {wrong!r})")
    parse_message(JobRequest, json.dumps(with_value(where, 1)))


KEPT = {"kind": "inpaint", "document": DOCUMENT, "bounds": {"x": 0, "y": 0, "width": 64, "height": 64}}


def test_a_switch_is_true_or_false() -> None:
    for wrong in (0, 1, "true", "yes", None):
        with pytest.raises(BridgeError):
            parse_message(JobRequest, json.dumps(envelope({**KEPT, "keep_to_selection": wrong})))


async def test_a_plan_takes_no_word_for_a_number(face: Face) -> None:
    for wrong in ({"bottom": False, "right": 8}, {"bottom": "8"}):
        body = {"operation": "outpaint", "document": DOCUMENT, "margins": wrong}
        status, answer, _ = await face.ask("POST", "/v1/plan", body)
        assert (status, answer["code"]) == (400, "invalid_request")
        assert "margins.bottom: must be a number" in answer["message"]

"""An operation that was added: its job survives a restart of the daemon, runs without a model, and gives a layer."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from bridge_server.config import ServeOptions
from bridge_server.executors.local import LocalExecutor
from bridge_server.protocol.frame import Tensor, encode
from tests.support.app import open_face
from tests.support.envelopes import envelope
from tests.support.requests import arrays

from .toy import with_toy

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 240.0
BOX = {"x": 2, "y": 1, "width": 4, "height": 3}


def playing(options: ServeOptions) -> LocalExecutor:
    """Workers that can play."""
    home = options.home
    return LocalExecutor(
        ["cpu"],
        idle_unload_seconds=0,
        log_path=home.worker_log,
        model_store=home.model_store,
        module="tests.operations.worker",
    )


@pytest.mark.parametrize("lost", [False, True], ids=["kept journal", "lost journal"])
async def test_a_job_of_an_added_operation_survives_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the worker, which runs a module of these tests
    flat = {"kind": "toy", "document": {"width": 9, "height": 9}, "bounds": BOX, "toy_amount": 7}
    tensors = {"image": Tensor("U8", (3, 4, 3), bytes(36))}
    body = b"".join(bytes(part) for part in encode(envelope(flat, tensors, with_toy()), tensors))
    async with open_face(tmp_path, operations=with_toy()) as face:
        _, accepted, _ = await face.ask("POST", "/v1/jobs", body)
    if lost:
        (tmp_path / "journal.sqlite3").unlink()
    async with open_face(tmp_path, operations=with_toy(), executors={"local": playing}) as face:
        services, job = face.services, accepted["id"]
        _, told, _ = await face.ask("GET", f"/v1/jobs/{job}")
        assert told["job"]["request"]["params"]["toy_amount"] == 7 and not told["job"]["warnings"]
        await services.executor.start()
        running = asyncio.create_task(services.dispatcher.run())
        try:
            if lost:  # whether it ran is not known any more: it is run again when somebody asks for it
                assert told["job"]["state"] == "failed"
                _, again, _ = await face.ask("POST", f"/v1/jobs/{job}/resubmit")
                job = again["id"]
            deadline = time.monotonic() + DEADLINE_SECONDS
            while told["job"]["state"] != "done" or told["job"]["id"] != job:
                assert time.monotonic() < deadline, told
                _, told, _ = await face.ask("GET", f"/v1/jobs/{job}?after={told['job']['seq']}&wait=5")
                assert told["job"]["state"] != "failed", told
        finally:
            await services.dispatcher.stop()
            running.cancel()
        (made,) = told["job"]["artifacts"]
        assert (made["role"], made["meta"]["bounds"], made["meta"]["amount"]) == ("layer", BOX, 7)
        _, content, _ = await face.ask("GET", f"/v1/jobs/{job}/artifacts/layer/0")
        message, image, mask = arrays(content)
        assert message["model"] is None and image[0, 0].tolist() == [140, 140, 140, 255] and mask.min() == 255
        _, jpeg, _ = await face.ask("GET", f"/v1/jobs/{job}/thumbnails/0")
        assert jpeg[:2] == b"\xff\xd8"
    async with open_face(tmp_path, operations=with_toy()) as face:
        _, told, _ = await face.ask("GET", f"/v1/jobs/{job}")
        assert told["job"]["artifacts"] == [made], "the journal keeps what an operation tells of its artifacts"


async def test_a_daemon_that_does_not_have_the_operation_lists_its_job_and_runs_it_never(tmp_path: Path) -> None:
    flat = {"kind": "toy", "document": {"width": 9, "height": 9}, "bounds": BOX}
    tensors = {"image": Tensor("U8", (3, 4, 3), bytes(36))}
    body = b"".join(bytes(part) for part in encode(envelope(flat, tensors, with_toy()), tensors))
    async with open_face(tmp_path, operations=with_toy()) as face:
        _, accepted, _ = await face.ask("POST", "/v1/jobs", body)
    async with open_face(tmp_path) as face:
        _, told, _ = await face.ask("GET", f"/v1/jobs/{accepted['id']}")
        assert (told["job"]["state"], told["job"]["warnings"][0]["code"]) == ("failed", "other_version")
    async with open_face(tmp_path, operations=with_toy()) as face:
        _, told, _ = await face.ask("GET", f"/v1/jobs/{accepted['id']}")
        assert json.dumps(told["job"]["warnings"]) == "[]" and told["job"]["request"]["operation"] == "toy"

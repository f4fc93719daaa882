"""A family that is registered through an argument: found, listed, planned with and painted, no product file touched."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import FamilyRegistry, builtin
from tests.support.app import Face, open_face
from tests.support.requests import arrays, frame

from .toy import SPEC, TOY, registry
from .toy.daemon import executor
from .toy.tiny import build

DEADLINE_SECONDS = 240.0  # a machine that does much else takes a minute to import torch
ROOT = Path(__file__).parents[2]


def test_a_key_is_given_once() -> None:
    with pytest.raises(ValueError, match="toy"):
        FamilyRegistry([TOY, TOY])
    assert "toy" not in builtin() and set(registry().keys) == {*builtin().keys, "toy"}
    with pytest.raises(BridgeError) as caught:
        builtin().named("toy")
    assert caught.value.code is ErrorCode.UNSUPPORTED and "starter" in caught.value.message


def test_facts_of_families_need_no_torch() -> None:
    code = "import sys; from bridge_server.families.registry import builtin; print(*builtin().keys, *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    said = set(done.stdout.split())
    assert {"sd1", "starter"} <= said and not {"torch", "numpy", "diffusers", "PIL"} & said


@contextlib.asynccontextmanager
async def painting(folder: Path, models: Path) -> AsyncIterator[Face]:
    """A daemon with a worker, both of which know the toy."""
    async with open_face(folder, models=(models,), families=registry(), executors={"local": executor}) as face:
        services = face.services
        await services.executor.start()
        running = asyncio.create_task(services.dispatcher.run())
        try:
            yield face
        finally:
            await services.dispatcher.stop()
            running.cancel()


async def ended(face: Face, job: str) -> dict[str, Any]:
    deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        _, told, _ = await face.ask("GET", f"/v1/jobs/{job}?wait=5")
        if told["job"]["state"] in ("done", "failed", "cancelled"):
            return told["job"]
    raise TimeoutError(job)


async def test_a_toy_family_is_listed_planned_with_and_painted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the worker, which runs a module of these tests
    build(tmp_path / "models" / "dream")
    async with painting(tmp_path / "home", tmp_path / "models") as face:
        _, listed, _ = await face.ask("GET", "/v1/models")
        (toy,) = [model for model in listed["models"] if model["family"] == "toy"]
        assert toy["name"] == "dream" and toy["default"] and toy["size_multiple"] == SPEC.size_multiple
        assert toy["samplers"] == ["Toy Euler"] and toy["guidance"] == "none" and not toy["negative_prompt"]
        options = toy["options"]
        assert options["steps"] == {"read": True, "minimum": 1, "maximum": 20, "default": 4, "choices": None}
        assert not options["guidance_scale"]["read"] and options["sampler"]["choices"] == ["auto", "Toy Euler"]
        (starter,) = [model for model in listed["models"] if model["name"] == "starter"]
        assert starter["guidance"] == "cfg" and starter["options"]["guidance_scale"]["default"] == 2.0

        selected = {"x": 40, "y": 40, "width": 4, "height": 4}
        asked = {
            "operation": "inpaint",
            "document": {"width": 128, "height": 128},
            "selection": selected,
            "model": "dream",
        }
        _, plan, _ = await face.ask("POST", "/v1/plan", asked)
        assert plan["family"] == "toy" and plan["working_width"] % 16 == 0

        much = b"".join(bytes(part) for part in frame("inpaint", 128, model="dream", steps=21))
        status, refused, _ = await face.ask(
            "POST", "/v1/jobs", much, headers={"Content-Type": "application/octet-stream"}
        )
        assert (status, refused["code"]) == (400, "invalid_request")
        assert refused["message"] == "params.steps: the model dream takes 1 to 20; 21 was asked for."

        body = b"".join(bytes(part) for part in frame("inpaint", 128, model="dream", sampler="toy euler"))
        headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": "toy"}
        _, accepted, _ = await face.ask("POST", "/v1/jobs", body, headers=headers)
        job = await ended(face, accepted["id"])
        assert job["state"] == "done", job
        _, content, _ = await face.ask("GET", f"/v1/jobs/{job['id']}/artifacts/layer/0")
        message, image, mask = arrays(content)
        assert message["model"]["family"] == "toy" and message["request"]["params"]["sampler"] == "Toy Euler"
        assert mask.max() == 255 and np.ptp(image[..., :3]) > 0
        _, refused, _ = await face.ask(
            "POST", "/v1/jobs", body.replace(b"toy euler", b"Euler a  "), headers={**headers, "Idempotency-Key": "b"}
        )
        other = await ended(face, refused["job"]["id"] if "job" in refused else refused["id"])
        assert other["state"] == "failed" and "Toy Euler" in str(other["error"])

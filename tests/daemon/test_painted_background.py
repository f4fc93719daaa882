"""Replace Background by a prompt: the default model paints it, and no other network finds the subject."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge_server.models.catalog import STARTER_NAME
from bridge_server.protocol.frame import encode
from tests.support.app import open_face
from tests.support.envelopes import envelope
from tests.support.requests import picture, tensor


def request(**options: Any) -> bytes:
    tensors = {"image": tensor(picture(64, 64))}
    box = {"x": 0, "y": 0, "width": 64, "height": 64}
    told = {"kind": "replace-background", "document": {"width": 64, "height": 64}, "bounds": box, **options}
    return b"".join(bytes(part) for part in encode(envelope(told, tensors), tensors))


async def test_the_default_model_paints_it(tmp_path: Path) -> None:
    async with open_face(tmp_path) as face:
        status, painted, _ = await face.ask("POST", "/v1/jobs", request(new_background="painted", prompt="blue sky"))
        assert status in (200, 202) and painted["model"] == STARTER_NAME
        _, plain, _ = await face.ask("POST", "/v1/jobs", request())
        assert plain["model"] is None
        status, refused, _ = await face.ask(
            "POST", "/v1/jobs", request(new_background="painted", prompt="blue sky", model="isnet")
        )
        assert (status, refused["code"]) == (400, "invalid_request")

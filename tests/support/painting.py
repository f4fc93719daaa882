"""Jobs that paint, of a small document, as a plug-in would send them to a real daemon."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge_server.protocol.frame import encode

from .daemon import Daemon
from .envelopes import envelope
from .requests import arrays, picture, selection, tensor

SIDE = 128
KINDS = ("inpaint", "remove", "outpaint", "img2img", "txt2img")


def request(kind: str, model: str, **options: Any) -> list[Any]:
    tensors = {} if kind == "txt2img" else {"image": tensor(picture(SIDE, SIDE))}
    if kind in ("inpaint", "remove"):
        tensors["mask"] = tensor(selection(SIDE, SIDE, (32, 32, 64, 64)))
    words = {} if kind == "remove" else {"prompt": "red apple"}
    margins = {"margins": {"right": 32}} if kind == "outpaint" else {}
    full = {
        "kind": kind,
        "document": {"width": SIDE, "height": SIDE},
        "bounds": {"x": 0, "y": 0, "width": SIDE, "height": SIDE},
        "model": model,
        "seed": 1,
        **words,
        **margins,
        **options,
    }
    return encode(envelope(full, tensors), tensors)


def lands_as_planned(daemon: Daemon, kind: str, model: str) -> dict[str, Any]:
    """What is told of the layer that a job gives, which is as large as its bounds and shows something."""
    message, image, mask = painted(daemon, kind, model)
    box = message["bounds"]
    assert image.shape == (box["height"], box["width"], 4) and mask.shape == image.shape[:2]
    assert mask.max() == 255 and np.ptp(image[mask == 255][:, :3]) > 0
    assert message["canvas"]["width"] == (SIDE + 32 if kind == "outpaint" else SIDE)
    return message


def painted(daemon: Daemon, kind: str, model: str, **options: Any) -> tuple[dict[str, Any], Any, Any]:
    snapshot = daemon.wait(daemon.submit(request(kind, model, **options))["id"])
    assert snapshot["state"] == "done", snapshot["error"]
    return arrays(daemon.call("GET", f"/v1/jobs/{snapshot['id']}/artifacts/layer/0"))

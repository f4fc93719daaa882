"""Jobs that paint, of a small document, as a plug-in would send them to a real daemon."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bridge_server.protocol.frame import encode

from .daemon import Daemon, short_home
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


@contextmanager
def serving(folder: Path) -> Iterator[Daemon]:
    """A daemon with the models of this folder, stopped at the end."""
    running = Daemon(short_home(), {"OMP_NUM_THREADS": "1"}, ("--models", str(folder)))
    try:
        yield running.start()
    finally:
        running.stop()
        shutil.rmtree(running.home, ignore_errors=True)


def leaves_no_trace(daemon: Daemon, model: str, lora: str) -> None:
    """A LoRA changes the picture of its job, and not that of the next one."""
    used = [{"model": model, "role": "base"}, {"model": lora, "role": "lora", "weight": 1.0}]
    plain = painted(daemon, "txt2img", model)[1].tobytes()
    assert painted(daemon, "txt2img", model, models=used)[1].tobytes() != plain
    assert painted(daemon, "txt2img", model)[1].tobytes() == plain

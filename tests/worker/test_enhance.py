"""Enhance through a real worker, on the demo's photograph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.protocol.frame import Frame, decode

from .rig import Rig, make_task
from .test_upscale import TYPES, cup, psnr

Enhance = Callable[..., tuple[Frame, NDArray[Any], NDArray[np.uint8]]]


@pytest.fixture
def enhance(rig: Rig, tmp_path: Path) -> Enhance:
    """The artifact's frame, its picture and its mask."""

    def run(image: NDArray[Any], name: str = "t", **message: Any) -> Any:
        task = make_task(tmp_path, None, name=name, kind="enhance", image=image, **message)
        ended = rig.run(task)
        assert ended["event"] == "done", ended
        frame = decode(Path(task.artifacts["layer"]).read_bytes())
        assert Path(task.thumbnail).read_bytes()[:2] == b"\xff\xd8"
        spec = frame.header.tensors["image"]
        mask = np.frombuffer(frame.tensor("mask"), np.uint8).reshape(spec.shape[:2])
        return frame, np.frombuffer(frame.tensor("image"), TYPES[spec.dtype]).reshape(spec.shape), mask

    return run


def noisy(picture: NDArray[Any]) -> NDArray[np.uint8]:
    return np.rint(np.clip(picture + np.random.default_rng(1).normal(0, 12, picture.shape), 0, 255)).astype(np.uint8)


def test_a_noisy_photograph_becomes_a_clean_layer_in_its_box(enhance: Enhance, rig: Rig) -> None:
    frame, layer, mask = enhance(noisy(cup()), sharpen=0)
    assert layer.shape == (400, 600, 4) and (layer[:, :, 3] == 255).all() and (mask == 255).all()
    assert psnr(layer[:, :, :3], cup()) > psnr(noisy(cup()), cup()) + 6
    told = frame.message
    assert (told["operation"], told["role"], told["model"]) == ("enhance", "layer", None)
    assert told["bounds"] == {"x": 0, "y": 0, "width": 600, "height": 400}
    assert told["request"]["params"] == {"denoise": 0.5, "sharpen": 0.0, "deblock": 0.5}
    assert [event["stage"] for event in rig.of("t", "stage")][-2:] == ["measuring", "enhancing"]
    assert [(event["step"], event["steps"]) for event in rig.of("t", "step")] == [(1, 2), (2, 2)]


def test_what_is_selected_is_the_layer_and_its_soft_edge_the_mask(enhance: Enhance) -> None:
    """The pixels are those that enhancing all of it gives."""
    selected = np.zeros((400, 600), np.uint8)
    selected[103:301, 77:402] = 255
    selected[103:120, 77:402] = 90
    frame, layer, mask = enhance(noisy(cup()), mask=selected)
    assert frame.message["bounds"] == {"x": 77, "y": 103, "width": 325, "height": 198}
    assert np.array_equal(mask, selected[103:301, 77:402])
    _, whole, _ = enhance(noisy(cup()), name="whole")
    assert np.abs(layer.astype(int) - whole[103:301, 77:402]).max() <= 1


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_deep_pictures_stay_deep(enhance: Enhance, dtype: str) -> None:
    full = 65535 if dtype == "u2" else 2.0
    image = (cup()[:120, :200, :1] / 255 * full).astype(dtype)
    _, layer, _ = enhance(image)
    assert layer.dtype == np.dtype(f"<{dtype}") and layer.shape == (120, 200, 2)
    assert len(np.unique(layer[:, :, 0])) > 2000 and layer[0, 0, 1] == (65535 if dtype == "u2" else 1)


def test_it_is_cancelled_inside(rig: Rig, tmp_path: Path) -> None:
    task = make_task(tmp_path, None, name="long", kind="enhance", image=np.tile(noisy(cup()), (5, 5, 1)))
    rig.send("run", task=task.to_json())
    rig.wait_for("step", task="long")
    rig.send("cancel", task="long")
    assert rig.wait_for("done", "failed", "cancelled", task="long")["event"] == "cancelled"
    assert len(rig.of("long", "step")) < 24 and not Path(task.artifacts["layer"]).exists()


def test_nothing_to_do_is_refused_with_what_to_do(rig: Rig, tmp_path: Path) -> None:
    none = {"denoise": 0, "sharpen": 0, "deblock": 0}
    ended = rig.run(make_task(tmp_path, None, name="none", kind="enhance", image=cup(), **none))
    assert ended["event"] == "failed" and ended["error"]["code"] == "invalid_request"
    assert ended["error"]["message"] == "All three strengths are 0, so there is nothing to do. Raise one."

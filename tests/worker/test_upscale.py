"""Upscale through a real worker, with the network that ships, on the demo's photograph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bridge_server.models.catalog import find_models
from bridge_server.protocol.frame import Frame, decode
from tests.edit.test_subject import CUP
from tests.support.tiny_upscalers import RRDBNet, save, seeded

from .rig import Rig, make_task

TYPES = {"U8": "u1", "U16": "<u2", "F32": "<f4"}
Upscale = Callable[..., tuple[Frame, NDArray[Any]]]


@pytest.fixture
def upscale(rig: Rig, tmp_path: Path) -> Upscale:
    """The artifact's frame and its picture."""

    def run(image: NDArray[Any], scale: int, name: str = "t", **message: Any) -> Any:
        task = make_task(tmp_path, None, name=name, kind="upscale", image=image, scale=str(scale), **message)
        ended = rig.run(task)
        assert ended["event"] == "done", ended
        frame = decode(Path(task.artifacts["document"]).read_bytes())
        assert Path(task.thumbnail).read_bytes()[:2] == b"\xff\xd8"
        spec = frame.header.tensors["image"]
        return frame, np.frombuffer(frame.tensor("image"), TYPES[spec.dtype]).reshape(spec.shape)

    return run


def cup() -> NDArray[np.uint8]:
    return np.asarray(Image.open(CUP).convert("RGB"))


def resized(image: NDArray[Any], width: int, height: int, how: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image.astype(np.float32), (width, height), interpolation=how), np.float32)


def psnr(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(np.float64) - other) ** 2)))


@pytest.mark.parametrize("treat_as", ["photograph", "drawing"])
def test_a_photograph_is_nearer_to_the_truth_than_by_plain_scaling(upscale: Upscale, treat_as: str) -> None:
    truth = cup()[40:240, 180:420]
    small = np.rint(resized(truth, 120, 100, cv2.INTER_AREA)).astype(np.uint8)
    frame, large = upscale(small, 2, treat_as=treat_as)
    assert large.shape == (200, 240, 3) and large.dtype == np.uint8
    assert psnr(large, truth) > psnr(resized(small, 240, 200, cv2.INTER_LANCZOS4).clip(0, 255), truth) + 0.3
    assert psnr(resized(large, 120, 100, cv2.INTER_AREA), small) > 45
    told = frame.message
    assert (told["operation"], told["role"], told["model"]) == ("upscale", "document", None)
    assert told["bounds"] == {"x": 0, "y": 0, "width": 120, "height": 100}, "the box that it shows"


def test_tiles_are_steps_and_where_they_meet_cannot_be_seen(upscale: Upscale, rig: Rig) -> None:
    """Tiles meet at column 320 of the source. Beside it columns differ as they do everywhere there."""
    strip = np.ascontiguousarray(cup()[150:210, 100:500])
    _, large = upscale(strip, 2, name="strip")
    assert [(event["step"], event["steps"]) for event in rig.of("strip", "step")] == [(1, 2), (2, 2)]
    assert {event["stage"] for event in rig.of("strip", "stage")} == {"enlarging"}

    def at_the_border(picture: NDArray[Any]) -> float:
        between = np.abs(np.diff(picture.astype(float), axis=1)).mean(axis=(0, 2))
        return float(between[639] / between[620:660].mean())

    plain = resized(strip, 800, 120, cv2.INTER_CUBIC)
    assert abs(at_the_border(large) - at_the_border(plain)) < 0.15


@pytest.mark.parametrize("treat_as", ["photograph", "drawing"])
@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_deep_pictures_keep_their_levels_alpha_and_profile(upscale: Upscale, dtype: str, treat_as: str) -> None:
    full = 65535 if dtype == "u2" else 1.0
    slope = np.linspace(0.30, 0.31, 80)[np.newaxis, :, np.newaxis] * np.ones((40, 1, 3))
    image = np.concatenate([slope, np.ones((40, 80, 1))], axis=2)
    image[:, :20, 3] = 0.5
    if dtype == "f4":
        image[30:, :, :3] *= 8  # light above white
    picture = (image * full).astype(dtype)
    frame, large = upscale(picture, 3, treat_as=treat_as, profile="ProPhoto RGB" if dtype == "u2" else None)
    assert large.shape == (120, 240, 4) and large.dtype == np.dtype(f"<{dtype}")
    assert frame.message["request"]["inputs"]["image"]["profile"] == ("ProPhoto RGB" if dtype == "u2" else None)
    back = np.dstack([resized(large[:, :, channel], 80, 40, cv2.INTER_AREA) for channel in range(4)])
    error = np.abs(back - picture.astype(np.float32))
    flat = (slice(4, 26), slice(26, None))
    assert error[flat].max() < 6e-4 * full, "far below a step of 8 bits, 39e-4"
    assert len(np.unique(large[20, :, 1])) > 150
    assert error[:, :18, 3].max() < 1e-4 * full and error[:, 22:, 3].max() < 1e-4 * full
    if dtype == "f4":
        assert abs(float(back[36, 40, 0]) - float(picture[36, 40, 0])) < 0.02


def test_it_is_cancelled_inside(rig: Rig, tmp_path: Path) -> None:
    large = np.tile(cup(), (3, 3, 1))
    task = make_task(tmp_path, None, name="long", kind="upscale", image=large, scale="4", treat_as="drawing")
    rig.send("run", task=task.to_json())
    rig.wait_for("stage", task="long")
    rig.send("cancel", task="long")
    assert rig.wait_for("done", "failed", "cancelled", task="long")["event"] == "cancelled"
    assert len(rig.of("long", "step")) < 24 and not Path(task.artifacts["document"]).exists()


def test_a_photograph_is_cancelled_between_tiles(rig: Rig, tmp_path: Path) -> None:
    task = make_task(tmp_path, None, name="photo", kind="upscale", image=np.tile(cup(), (8, 8, 1)), scale="2")
    rig.send("run", task=task.to_json())
    rig.wait_for("step", task="photo")
    rig.send("cancel", task="photo")
    assert rig.wait_for("done", "failed", "cancelled", task="photo")["event"] == "cancelled"
    assert len(rig.of("photo", "step")) < 165


def test_a_drawing_gets_sharper_edges_from_the_network_than_a_photograph(upscale: Upscale) -> None:
    """Of a drawn disc and its outline, made two times smaller, the network finds more of what was lost."""
    large = np.full((256, 320, 3), 255, np.uint8)
    cv2.circle(large, (120, 120), 90, (60, 200, 250), -1, cv2.LINE_AA)
    cv2.circle(large, (120, 120), 90, (20, 20, 20), 6, cv2.LINE_AA)
    cv2.putText(large, "Line", (170, 110), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 5, cv2.LINE_AA)
    small = np.rint(resized(large, 160, 128, cv2.INTER_AREA)).astype(np.uint8)
    _, as_drawing = upscale(small, 2, name="drawing", treat_as="drawing")
    _, as_photograph = upscale(small, 2, name="photograph")
    assert psnr(as_drawing, large) > psnr(as_photograph, large) + 1


def test_a_heavy_network_says_how_long_it_takes_and_stops_inside_its_first_tile(rig: Rig, tmp_path: Path) -> None:
    path = save(seeded(lambda: RRDBNet(4, 64, 32, 4)), tmp_path / "heavy.safetensors")
    (model,) = (model.ref for model in find_models([tmp_path]) if not model.shipped)
    assert model.path == str(path)
    task = make_task(tmp_path, model, name="heavy", kind="upscale", image=np.tile(cup(), (2, 2, 1)), scale="2")
    rig.send("run", task=task.to_json())
    (told,) = [rig.wait_for("warning", task="heavy")]
    assert told["code"] == "takes_long"
    assert told["message"].startswith("Enlarging takes about ") and "minutes on two processor cores" in told["message"]
    rig.send("cancel", task="heavy")
    assert rig.wait_for("done", "failed", "cancelled", task="heavy")["event"] == "cancelled"
    assert not rig.of("heavy", "step")


def test_what_would_be_too_large_is_refused_with_the_sizes(rig: Rig, tmp_path: Path) -> None:
    task = make_task(tmp_path, None, name="huge", kind="upscale", image=np.zeros((4200, 4200, 1), np.uint8), scale="4")
    ended = rig.run(task)
    assert ended["event"] == "failed" and ended["error"]["code"] == "too_many_pixels"
    assert ended["error"]["message"].startswith("The picture would become 16800 by 16800 pixels; 256 megapixels")

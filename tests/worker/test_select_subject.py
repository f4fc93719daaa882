"""Select Subject through a real worker, with the network that ships, on the demo's photograph."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from bridge_server.families.registry import builtin
from bridge_server.pipelines.generation import Cancelled
from bridge_server.protocol.frame import Frame, decode
from bridge_server.worker.channel import Channel
from bridge_server.worker.operations import cutting
from bridge_server.worker.runner import run_task
from bridge_server.worker.watch import TaskWatch
from tests.edit.test_subject import CUP, by_hand

from .rig import Rig, make_task
from .test_runners import no_model

Select = Callable[..., tuple[dict[str, Any], Frame | None, NDArray[np.uint8]]]


@pytest.fixture
def select(rig: Rig, tmp_path: Path) -> Select:
    """The event that ends the task, the artifact's frame and the selection; nothing is selected where there is none."""

    def run(image: NDArray[Any], name: str = "t", **message: Any) -> Any:
        task = make_task(tmp_path, None, name=name, kind="select-subject", image=image, **message)
        ended = rig.run(task)
        if ended["event"] != "done":
            return ended, None, np.zeros(image.shape[:2], np.uint8)
        frame = decode(Path(task.artifacts["selection"]).read_bytes())
        assert Path(task.thumbnail).read_bytes()[:2] == b"\xff\xd8"
        mask = np.frombuffer(frame.tensor("mask"), np.uint8).reshape(frame.header.tensors["mask"].shape)
        return ended, frame, mask

    return run


def cup() -> NDArray[np.uint8]:
    return np.asarray(Image.open(CUP).convert("RGB"))


def overlap(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(((one > 127) & (other > 127)).sum() / ((one > 127) | (other > 127)).sum())


def test_the_cup_of_the_demo_is_selected(select: Select, rig: Rig) -> None:
    _, frame, mask = select(cup())
    assert overlap(mask, by_hand()) > 0.95
    assert mask[200, 280] == 255 and mask[10, 10] == mask[390, 590] == 0
    assert frame is not None
    assert {key: frame.message[key] for key in ("operation", "role", "model", "steps_run", "bounds")} == {
        "operation": "select-subject", "role": "selection", "model": None, "steps_run": 0,
        "bounds": {"x": 0, "y": 0, "width": 600, "height": 400},
    }  # fmt: skip
    assert frame.message["request"]["params"] == {"threshold": 0.5, "follow_edges": True, "soften": 0}
    assert [event["stage"] for event in rig.of("t", "stage")][-2:] == ["finding", "fitting"]


def test_every_depth_and_profile_is_seen_alike(select: Select) -> None:
    _, _, expected = select(cup())
    deep = cup().astype(np.uint16) * 257
    light = np.where(cup() / 255 <= 0.04045, cup() / 255 / 12.92, ((cup() / 255 + 0.055) / 1.055) ** 2.4)
    for image, profile in ((deep, None), (light.astype(np.float32), "linear sRGB"), (deep, "ProPhoto RGB")):
        _, _, mask = select(image, **({} if profile is None else {"profile": profile}))
        assert overlap(mask, expected) > (0.99 if profile != "ProPhoto RGB" else 0.95), (image.dtype, profile)
    _, _, gray = select(np.ascontiguousarray(cup()[:, :, :1]))
    assert overlap(gray, expected) > 0.8


def test_only_what_is_selected_is_looked_at(select: Select) -> None:
    """A cup beside a cat: together they are one subject, each alone is its own."""
    both = np.concatenate([cup(), cv2.resize(data.chelsea(), (600, 400))], axis=1)
    left = np.zeros(both.shape[:2], np.uint8)
    left[10:, 40:520] = 255
    left[:, 500:520] = 128
    _, _, mask = select(both, mask=left)
    assert not mask[:, 520:].any() and mask[:, 500:520].max() <= 128
    assert overlap(mask[:, :600], by_hand()) > 0.9


def test_a_lawn_has_no_subject_and_the_sentence_says_so(select: Select) -> None:
    lawn = np.repeat(data.grass()[:, :, np.newaxis], 3, axis=2)
    ended, _, _ = select(lawn)
    assert ended["event"] == "failed" and ended["error"]["code"] == "nothing_found"
    assert ended["error"]["message"].startswith("No subject was found in the picture. Select the area")
    part = np.zeros(lawn.shape[:2], np.uint8)
    part[100:300, 100:300] = 255
    ended, _, _ = select(lawn, mask=part)
    assert ended["error"]["message"].startswith("No subject was found in the selection. Select a larger area")


def test_what_the_options_do(select: Select) -> None:
    _, _, plain = select(cup())
    _, _, more = select(cup(), threshold=0.05)
    _, _, less = select(cup(), threshold=0.95)
    assert less.astype(int).sum() < plain.astype(int).sum() < more.astype(int).sum()
    for mask in (more, plain, less):
        assert mask[200, 280] == 255 and mask[10, 10] == mask[390, 590] == 0
    _, _, rough = select(cup(), follow_edges=False)
    assert not np.array_equal(rough, plain) and overlap(rough, plain) > 0.95
    _, _, soft = select(cup(), soften=20)
    partly = [int(((mask > 12) & (mask < 243)).sum()) for mask in (plain, soft)]
    assert partly[1] > 2 * partly[0] and overlap(soft, plain) > 0.97


def test_a_task_that_is_stopped_softens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    blur = cv2.GaussianBlur
    blurred: list[Any] = []

    def fine(_: NDArray[Any], share: NDArray[Any], *rest: Any) -> NDArray[Any]:
        stopped.set()
        return share

    monkeypatch.setattr(cutting, "fine_alpha", fine)

    def noted(*given: Any, **more: Any) -> Any:
        blurred.append(given)
        return blur(*given, **more)

    monkeypatch.setattr(cv2, "GaussianBlur", noted)
    task = make_task(tmp_path, None, kind="select-subject", image=cup(), soften=100)
    watch = TaskWatch(task.id, Channel(io.BytesIO()), stopped)
    with pytest.raises(Cancelled):
        run_task(task, no_model, watch, builtin())
    assert stopped.is_set() and not blurred


def test_what_is_transparent_is_not_selected(select: Select) -> None:
    image = np.dstack([cup(), np.full((400, 600), 255, np.uint8)])
    image[:, :150, 3] = 0
    _, _, mask = select(image)
    assert not mask[:, :150].any() and overlap(mask[:, 150:], by_hand()[:, 150:]) > 0.9

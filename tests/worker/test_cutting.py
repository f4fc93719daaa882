"""Remove Background, Cut Out to Layer and Replace Background through a real worker, where the truth is known."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from bridge_server.edit.matting import estimate_colors
from bridge_server.edit.source import Source
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import default_model, find_models
from bridge_server.pipelines.generation import Cancelled
from bridge_server.plan.bounds import Bounds
from bridge_server.protocol.frame import Frame, decode
from bridge_server.worker.channel import Channel
from bridge_server.worker.operations import cutting
from bridge_server.worker.runner import run_task
from bridge_server.worker.watch import TaskWatch
from tests.edit.test_subject import by_hand, photograph

from .rig import Rig, make_task
from .test_runners import no_model

TYPES = {"U8": "u1", "U16": "<u2", "F32": "<f4"}
GREEN = np.float32((0.1, 0.75, 0.2))
MAGENTA = np.float32((1.0, 0.0, 1.0))


@dataclass(frozen=True)
class Made:
    """The event that ends the task; of a layer its frame, pixels (h, w, 4 or 2) and mask (h, w)."""

    ended: dict[str, Any]
    frame: Frame | None = None
    image: NDArray[Any] | None = None
    mask: NDArray[np.uint8] | None = None

    @property
    def layer(self) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        assert self.image is not None and self.mask is not None, self.ended
        return self.image, self.mask


Cut = Callable[..., Made]


@pytest.fixture
def cut(rig: Rig, tmp_path: Path) -> Cut:
    def run(operation: str, image: NDArray[Any], name: str = "t", **message: Any) -> Made:
        message = {"prompt": ""} | message if operation == "replace-background" else message
        task = make_task(tmp_path, None, name=name, kind=operation, image=image, **message)
        ended = rig.run(task)
        if ended["event"] != "done":
            assert not Path(task.artifacts["layer"]).exists()
            return Made(ended)
        frame = decode(Path(task.artifacts["layer"]).read_bytes())
        assert Path(task.thumbnail).read_bytes()[:2] == b"\xff\xd8"
        spec = frame.header.tensors["image"]
        pixels = np.frombuffer(frame.tensor("image"), TYPES[spec.dtype]).reshape(spec.shape)
        mask = np.frombuffer(frame.tensor("mask"), np.uint8).reshape(spec.shape[:2])
        return Made(ended, frame, pixels, mask)

    return run


def soft_cup() -> NDArray[np.float32]:
    """(400, 600) alpha: the cup of the demo with an edge of some pixels."""
    return cv2.GaussianBlur(cv2.erode(by_hand(), np.ones((7, 7), np.uint8)), (0, 0), 2.5).astype(np.float32) / 255


def over(ground: NDArray[np.float32]) -> NDArray[np.float32]:
    """(400, 600, 3) 0 to 1: the cup over a background."""
    alpha = soft_cup()[:, :, np.newaxis]
    return (photograph() * alpha + ground * (1 - alpha)).astype(np.float32)


def as_u8(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(picture * 255).clip(0, 255).astype(np.uint8)


def on_green() -> NDArray[np.uint8]:
    return as_u8(over(np.broadcast_to(GREEN, (400, 600, 3))))


def edge() -> NDArray[np.bool_]:
    alpha = soft_cup()
    return (alpha > 0.05) & (alpha < 0.95)


def laid_over_magenta(image: NDArray[Any], mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    full = 1.0 if image.dtype == np.float32 else np.iinfo(image.dtype).max
    share = (image[:, :, 3:].astype(np.float32) / full) * (mask[:, :, np.newaxis].astype(np.float32) / 255)
    return image[:, :, :3].astype(np.float32) / full * share + MAGENTA * (1 - share)


def truth_on_magenta() -> NDArray[np.float32]:
    alpha = soft_cup()[:, :, np.newaxis]
    return photograph() * alpha + MAGENTA * (1 - alpha)


def test_no_old_background_shines_through(cut: Cut) -> None:
    """A cup that stood before green, on magenta: as if it had never stood there."""
    image, mask = cut("remove-background", on_green()).layer
    uncleaned, same = cut("remove-background", on_green(), clean_colors=False).layer
    assert np.array_equal(mask, same)
    off, off_uncleaned = (
        float(np.abs(laid_over_magenta(pixels, mask) - truth_on_magenta())[edge()].mean())
        for pixels in (image, uncleaned)
    )
    assert off < 0.04 and off < 0.6 * off_uncleaned, (off, off_uncleaned)


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_the_layer_is_the_picture_but_for_the_edge(cut: Cut, depth: str) -> None:
    full = {"uint8": 255, "uint16": 65535, "float32": 1}[depth]
    sent = np.asarray(over(np.broadcast_to(GREEN, (400, 600, 3))) * full, depth)
    image, mask = cut("remove-background", sent).layer
    assert image.dtype == sent.dtype and image.shape == (400, 600, 4) and (image[:, :, 3] == full).all()
    whole = (mask == 255) | (mask == 0)
    far = cv2.erode(whole.astype(np.uint8), np.ones((3, 3))) > 0
    assert np.array_equal(image[far][:, :3], sent[far]) and far.mean() > 0.8
    assert not np.array_equal(image[:, :, :3], sent)
    assert mask[200, 280] == 255 and mask[10, 10] == 0


def test_light_above_white_stays_in_the_subject() -> None:
    """Colors are found below white; what is above comes back, also where the subject is partly covered."""
    light = np.full((20, 30, 3), 0.4, np.float32)
    light[8:12, :, 0] = 3.5
    alpha = np.full((20, 30), 0.5, np.float32)
    box = Bounds(0, 0, 30, 20)
    subject = cutting.Subject(np.clip(light, 0, 1), alpha, box)
    colors = estimate_colors(subject.picture, alpha, lambda: None)
    as_sent, white = (
        cutting.own_rows(Source(pixels, None, box, "sRGB"), subject, colors, box)
        for pixels in (light, np.clip(light, 0, 1))
    )
    np.testing.assert_allclose(as_sent - white, np.maximum(light - 1, 0), atol=1e-5)


def test_gray_and_transparent_pictures_stay_what_they_are(cut: Cut) -> None:
    gray = as_u8(over(np.zeros((400, 600, 3), np.float32)).mean(axis=2))[:, :, np.newaxis]
    image, mask = cut("remove-background", gray).layer
    assert image.shape == (400, 600, 2) and mask[200, 280] == 255
    cover = np.full((400, 600, 1), 255, np.uint8)
    cover[:, :100] = 0
    image, mask = cut("cut-out", np.dstack([on_green(), cover])).layer
    assert image.shape[2] == 4 and (mask == 255).all()


def test_a_cut_out_is_as_small_as_its_subject_and_transparent_around(cut: Cut) -> None:
    made = cut("cut-out", on_green())
    image, mask = made.layer
    assert made.frame is not None
    box = made.frame.message["bounds"]
    x, y, width, height = cv2.boundingRect((soft_cup() > 0.5).astype(np.uint8))
    for side, expected in (("x", x), ("y", y), ("width", width), ("height", height)):
        assert abs(box[side] - expected) < 20, (box, (x, y, width, height))
    assert (mask == 255).all() and image.shape[:2] == (box["height"], box["width"])
    assert not image[0, 0].any(), "no color is hidden where nothing is"
    alpha = np.zeros((400, 600), np.float32)
    alpha[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = image[:, :, 3] / np.float32(255)
    assert np.abs(alpha - soft_cup())[edge()].mean() < 0.05
    selected = cut("remove-background", on_green()).layer[1]
    assert np.abs(alpha - selected / 255).max() < 0.01, "every operation finds the same alpha"


def test_sixteen_bits_of_alpha_are_finer_than_eight(cut: Cut) -> None:
    image, _ = cut("cut-out", on_green().astype(np.uint16) * 257).layer
    assert len(np.unique(image[:, :, 3])) > 256


def test_a_new_background_of_one_color(cut: Cut) -> None:
    sent = on_green()
    made = cut("replace-background", sent, new_background="color", background_color="#0A64C8")
    image, mask = made.layer
    share = mask[:, :, np.newaxis] / np.float32(255)
    flat = image[:, :, :3] * share + sent * (1 - share)
    blue = np.float32((0x0A, 0x64, 0xC8))
    expected = photograph() * 255 * soft_cup()[:, :, np.newaxis] + blue * (1 - soft_cup()[:, :, np.newaxis])
    assert (flat[:40, :40] == blue).all() and np.array_equal(flat[200, 280], sent[200, 280])
    assert np.abs(flat - expected)[edge()].mean() < 12
    assert mask[200, 280] == 0 and set(np.unique(mask)) == {0, 255}
    white, _ = cut("replace-background", sent).layer
    assert (white[:40, :40] == 255).all()


def test_the_old_background_out_of_focus_is_none_of_the_subject(cut: Cut) -> None:
    gravel = cv2.resize(data.gravel(), (600, 400))[:, :, np.newaxis].astype(np.float32) / 255
    sent = as_u8(over(gravel.repeat(3, axis=2)))
    image, mask = cut("replace-background", sent, new_background="blurred", background_blur=60).layer
    outside = cv2.erode((soft_cup() == 0).astype(np.uint8), np.ones((9, 9))) > 0
    assert sent[outside].std() > 4 * image[outside][:, :3].std()
    assert abs(float(sent[outside].mean()) - float(image[outside][:, :3].mean())) < 6
    near = outside & (cv2.dilate((soft_cup() > 0).astype(np.uint8), np.ones((25, 25))) > 0)
    red = image[near][:, 0].astype(float) - image[near][:, 2]
    assert abs(red.mean()) < 8, "nothing of the red cup is smeared into the gray around it"
    assert mask[5, 5] == 255


def test_a_painted_background_is_new_and_the_subject_as_it_was(rig: Rig, tmp_path: Path) -> None:
    starter = default_model(find_models([])).ref
    sent = on_green().astype(np.uint16) * 257

    def replaced(name: str, seed: int, **options: Any) -> tuple[Frame, NDArray[Any], NDArray[np.uint8]]:
        told = {"kind": "replace-background", "new_background": "painted", "prompt": "blue sky"}
        task = make_task(tmp_path, starter, name=name, image=sent, seed=seed, **(told | options))
        ended = rig.run(task)
        assert ended["event"] == "done", ended
        frame = decode(Path(task.artifacts["layer"]).read_bytes())
        pixels = np.frombuffer(frame.tensor("image"), "<u2").reshape(400, 600, 4)
        return frame, pixels, np.frombuffer(frame.tensor("mask"), np.uint8).reshape(400, 600)

    frame, image, mask = replaced("blue", 3)
    inside, outside = soft_cup() == 1, cv2.dilate((soft_cup() > 0).astype(np.uint8), np.ones((9, 9))) == 0
    assert (mask[cv2.erode(inside.astype(np.uint8), np.ones((15, 15))) > 0] == 0).mean() > 0.98, "the subject shows"
    assert (mask[outside] == 255).mean() > 0.99
    means = image[outside][:, :3].mean(axis=0)
    assert means[2] > means[1] and len(np.unique(image[outside][:, 0])) > 5000, "blue, and of 16 bit"
    assert frame.message["model"]["name"] == starter.name and frame.message["request"]["models"] == []
    assert [event["stage"] for event in rig.of("blue", "stage")][:3] == ["finding", "fitting", "loading"]
    (told,) = rig.of("blue", "warning")
    assert told["code"] == "looks_soft" and re.search(r"background is painted at \d+% of", told["message"])
    assert "Select" not in told["message"], "there is no selection to make smaller"
    _, again, _ = replaced("again", 3)
    _, other, _ = replaced("other", 4)
    assert np.array_equal(image, again) and not np.array_equal(image, other)


def test_a_painted_background_needs_a_prompt_and_others_read_none(cut: Cut, rig: Rig) -> None:
    made = cut("replace-background", on_green(), new_background="painted", prompt=" ")
    assert made.ended["error"]["code"] == "invalid_request" and "needs a prompt" in made.ended["error"]["message"]
    cut("replace-background", on_green(), name="white", prompt="blue sky")
    assert [event["code"] for event in rig.of("white", "warning")] == ["unread_words"]


def test_a_color_that_is_none_is_refused(cut: Cut) -> None:
    made = cut("replace-background", on_green(), new_background="color", background_color="green!")
    assert made.ended["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("operation", ["remove-background", "cut-out", "replace-background"])
def test_without_a_subject_nothing_is_made_and_a_sentence_says_so(cut: Cut, operation: str) -> None:
    lawn = np.repeat(data.grass()[:200, :300, np.newaxis], 3, axis=2)
    made = cut(operation, lawn)
    assert made.ended["event"] == "failed" and made.ended["error"]["code"] == "nothing_found"
    assert made.ended["error"]["message"].startswith("No subject was found in the picture.")


def test_only_the_selected_subject_is_cut_out(cut: Cut) -> None:
    both = np.concatenate([on_green(), cv2.resize(data.chelsea(), (600, 400))], axis=1)
    left = np.zeros(both.shape[:2], np.uint8)
    left[10:, 40:560] = 255
    made = cut("cut-out", both, mask=left)
    assert made.frame is not None
    box = made.frame.message["bounds"]
    assert box["x"] >= 40 and box["x"] + box["width"] <= 560


def test_it_is_stopped_while_colors_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    estimate = cutting.estimate_colors

    def stop(*given: Any) -> Any:
        stopped.set()
        return estimate(*given)

    monkeypatch.setattr(cutting, "estimate_colors", stop)
    task = make_task(tmp_path, None, kind="cut-out", image=on_green())
    watch = TaskWatch(task.id, Channel(io.BytesIO()), stopped)
    with pytest.raises(Cancelled):
        run_task(task, no_model, watch, builtin())
    assert stopped.is_set() and not Path(task.artifacts["layer"]).exists()

"""The subject of real photographs, by the network that ships: the demo's cup, where it is and elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from bridge_server.edit.matting import Refiner, fine_alpha
from bridge_server.edit.subject import SIDE, SmallNetwork, find_subject, soften
from bridge_server.models.weights import REFINER, SUBJECT, shipped

CUP = Path(__file__).parents[2] / "tools/demo/coffee.png"


def photograph() -> NDArray[np.float32]:
    return np.asarray(Image.open(CUP).convert("RGB")).astype(np.float32) / 255


def by_hand() -> NDArray[np.uint8]:
    """The saucer, the cup and the spoon's handle, drawn over the photograph by hand."""
    mask = np.zeros((400, 600), np.uint8)
    cv2.ellipse(mask, (278, 224), (201, 165), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(mask, (287, 113), (115, 95), 0, 0, 360, 255, -1, cv2.LINE_AA)
    handle = np.array([(390, 75), (410, 67), (424, 72), (415, 115), (395, 130)])
    cv2.fillPoly(mask, [handle], (255,), cv2.LINE_AA)
    return mask


def overlap(share: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Intersection over union of what is more than half selected."""
    one, other = share > 0.5, truth > 0.5
    return float((one & other).sum() / (one | other).sum())


def find(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return find_subject(picture, SmallNetwork(shipped(SUBJECT))).share


def fitted(picture: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.float32]:
    return fine_alpha(picture, share, max(share.shape) / SIDE, 0.5, Refiner(shipped(REFINER)), lambda: None)


def test_the_cup_of_the_demo_is_found_as_a_hand_draws_it() -> None:
    picture = photograph()
    share = find(picture)
    assert share.shape == (400, 600) and share.max() > 0.99
    assert overlap(fitted(picture, share), by_hand().astype(np.float32) / 255) > 0.95


@pytest.mark.parametrize("ground", ["grass", "gravel"])
def test_a_cut_out_is_found_to_its_edge_on_a_background_where_it_was_put(ground: str) -> None:
    """The truth is known exactly here: it is the alpha that the cup was laid over the background with."""
    alpha = cv2.GaussianBlur(cv2.erode(by_hand(), np.ones((5, 5), np.uint8)), (0, 0), 0.8).astype(np.float32) / 255
    below = cv2.resize(getattr(data, ground)(), (600, 400))[:, :, np.newaxis].astype(np.float32) / 255
    picture = (photograph() * alpha[:, :, np.newaxis] + below * (1 - alpha[:, :, np.newaxis])).astype(np.float32)
    rough = find(picture)
    fine = fitted(picture, rough)
    assert overlap(rough, alpha) > 0.985
    assert overlap(fine, alpha) > 0.995
    sharp = (alpha > 0.5).astype(np.uint8)
    edge = (cv2.dilate(sharp, np.ones((25, 25))) - cv2.erode(sharp, np.ones((25, 25)))) > 0
    errors = [float(np.abs(share - alpha)[edge].mean()) for share in (rough, fine)]
    assert errors[1] < 0.95 * errors[0] and errors[1] < 0.02, errors


@pytest.mark.parametrize("surface", ["grass", "gravel", "brick"])
def test_a_surface_has_no_subject_and_nothing_is_stretched_to_one(surface: str) -> None:
    picture = np.repeat(getattr(data, surface)()[:, :, np.newaxis], 3, axis=2).astype(np.float32) / 255
    assert find(picture).max() < 0.95


def test_light_beyond_white_and_a_black_picture_do_no_harm() -> None:
    picture = photograph()
    assert overlap(find(picture * 1.2 - 0.1), find(picture)) > 0.9
    assert find(np.zeros((40, 30, 3), np.float32)).max() < 0.95


@pytest.mark.parametrize("shape", [(400, 600), (40, 700)])
@pytest.mark.parametrize("width", [1, 31, 32, 50, 100])
def test_a_wide_blur_is_what_it_would_be_of_every_pixel_and_is_made_of_fewer(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int], width: int
) -> None:
    share = np.asarray(cv2.resize(by_hand(), shape[::-1]) / 255, np.float32)
    expected = cv2.GaussianBlur(share, (0, 0), width / 2)
    blur = cv2.GaussianBlur
    deviations: list[float] = []

    def noted(pixels: Any, kernel: Any, deviation: float, **more: Any) -> Any:
        deviations.append(deviation)
        return blur(pixels, kernel, deviation, **more)

    monkeypatch.setattr(cv2, "GaussianBlur", noted)
    found = soften(share, width)
    assert found.shape == shape and found.dtype == np.float32
    assert np.abs(found - expected).max() <= (0.03 if width >= 32 else 0.0)
    assert max(deviations) < 16, "a blur of a large picture takes seconds for each of them"


def test_the_network_is_read_where_opencv_cannot_open_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV opens paths in the code page of Windows, which has not every letter that a user's name may have."""
    read = cv2.dnn.readNetFromONNX

    def without_paths(model: Any) -> Any:
        if isinstance(model, str):
            raise cv2.error("the file cannot be opened")
        return read(model)

    monkeypatch.setattr(cv2.dnn, "readNetFromONNX", without_paths)
    assert find(photograph()).max() > 0.99


class Forgetful:
    """A network that sees what is light, but not its lower part once that is near."""

    side = SIDE

    def __init__(self) -> None:
        self.looks = 0

    def look(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        self.looks += 1
        share = (seen.mean(axis=2) > 0.5).astype(np.float32)
        if self.looks == 2:
            share[200:] = 0
        return share


def test_a_part_that_the_closer_look_loses_stays() -> None:
    """A mushroom with its stem; its edge is the closer look's where that has it."""
    truth = np.zeros((600, 800), np.float32)
    cv2.circle(truth, (400, 250), 110, (1.0,), -1)
    cv2.rectangle(truth, (360, 250), (440, 440), (1.0,), -1)
    found = find_subject(np.repeat(truth[:, :, np.newaxis], 3, axis=2), network := Forgetful())
    assert network.looks == 2
    assert (found.share[300:430, 370:430] > 0.9).all(), "the stem"
    assert overlap(found.share, truth) > 0.97

"""A painted thing on the document's own surroundings, without the model's background around it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.edit.prepare import Working
from bridge_server.edit.source import Image
from bridge_server.edit.subject import SmallNetwork
from bridge_server.edit.things import thing_in, with_own_surroundings
from bridge_server.models.weights import SUBJECT, shipped

HEIGHT, WIDTH, CELL = 200, 240, 8


@dataclass(frozen=True)
class Scene:
    """seen: before painting; picture: with a disc that the model painted in a background of its own."""

    seen: Image
    picture: Image
    mask: NDArray[np.float32]
    disc: NDArray[np.float32]


@pytest.fixture
def scene() -> Scene:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    grain = np.random.default_rng(1).normal(0, 0.02, (HEIGHT, WIDTH, 1)).astype(np.float32)
    seen = np.stack([0.3 + rows / 800, 0.45 + columns / 900, 0.6 + rows / 900], axis=2) + grain
    mask, disc = np.zeros((HEIGHT, WIDTH), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, (120, 100), (70, 60), 0, 0, 360, (1.0,), -1, cv2.LINE_AA)
    cv2.circle(disc, (120, 100), 36, (1.0,), -1, cv2.LINE_AA)
    other = np.float32((0.42, 0.4, 0.5))
    painted = np.float32((0.85, 0.1, 0.1)) * disc[..., None] + other * (1 - disc[..., None])
    picture = painted * mask[..., None] + seen * (1 - mask[..., None])
    return Scene(seen.astype(np.float32), picture.astype(np.float32), mask, disc)


@pytest.fixture(scope="module")
def network() -> SmallNetwork:
    return SmallNetwork(shipped(SUBJECT))


def working(scene: Scene, known: NDArray[np.float32] | None = None) -> Working:
    empty = np.zeros((0, 0), np.uint8)
    return Working(scene.seen, scene.mask, empty, scene.seen, known, None, None)


def test_the_thing_stays_and_the_picture_goes_on_around_it(scene: Scene, network: SmallNetwork) -> None:
    thing = thing_in(scene.picture, scene.mask, network, CELL)
    assert thing is not None and float(np.abs(thing - scene.disc).mean()) < 0.02
    made = with_own_surroundings(scene.picture, working(scene), thing, 1, lambda _done: None)
    inside = cv2.erode(scene.disc, np.ones((9, 9), np.uint8)) > 0.99
    assert np.allclose(made[inside], scene.picture[inside], atol=0.02)
    around = (cv2.dilate(scene.disc, np.ones((13, 13), np.uint8)) == 0) & (scene.mask > 0.5)
    before, after = (float(np.abs(one - scene.seen)[around].mean()) for one in (scene.picture, made))
    assert after < 0.35 * before and after < 0.03, (before, after)
    assert np.array_equal(made[scene.mask == 0], scene.picture[scene.mask == 0])


def test_a_scene_without_a_thing_in_it_stays_as_it_was_painted(scene: Scene, network: SmallNetwork) -> None:
    smooth = np.where(scene.mask[..., None] > 0, np.float32(0.5), scene.picture)
    assert thing_in(smooth, scene.mask, network, CELL) is None
    assert thing_in(scene.picture, np.zeros_like(scene.mask), network, CELL) is None


def test_where_nothing_can_be_copied_the_picture_stays(scene: Scene) -> None:
    nothing = np.where(scene.mask > 0, np.float32(1), np.float32(0))
    made = with_own_surroundings(scene.picture, working(scene, nothing), scene.disc, 1, lambda _done: None)
    assert made is scene.picture


def test_what_does_not_go_on_from_the_picture_around_is_not_taken(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sky in the middle of a field: the model's own ground is nearer, whatever it is like."""
    sky = np.full_like(scene.seen, 0.95)
    monkeypatch.setattr("bridge_server.edit.things.fill", lambda *_given, **_more: sky)
    near = scene.seen + (scene.picture - scene.seen) * scene.disc[..., None]
    assert with_own_surroundings(near, working(scene), scene.disc, 1, lambda _done: None) is near
    far = np.where(scene.mask[..., None] > scene.disc[..., None], np.float32(0.05), near)
    assert with_own_surroundings(far, working(scene), scene.disc, 1, lambda _done: None) is not far


def test_a_large_picture_is_looked_at_with_small_windows(
    scene: Scene, network: SmallNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In windows of its own size one of four megapixels took minutes, in which no job could be cancelled."""
    size = WIDTH * 4, HEIGHT * 4
    picture, mask, disc = (cv2.resize(one, size) for one in (scene.picture, scene.mask, scene.disc))
    widest, plain = [0.0], cv2.GaussianBlur

    def blur(values: NDArray[np.float32], window: tuple[int, int], deviation: float) -> object:
        widest.append(deviation)
        return plain(values, window, deviation)

    monkeypatch.setattr("bridge_server.edit.things.cv2.GaussianBlur", blur)
    thing = thing_in(picture, mask, network, CELL)
    assert thing is not None and float(np.abs(thing - disc).mean()) < 0.02 and max(widest) <= 16

"""Detail that the working size cannot hold survives where the picture is kept, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize

from .scenes import Outcome, Scene, identity, run

NATIVE = NativeSize.around(128, 16)
Picture = np.ndarray


def photo(width: int, height: int, seed: int = 4) -> Picture:
    """Structure of every size, as photographs have it, down to single pixels; (H, W, 3) uint8."""
    random = np.random.default_rng(seed)
    total = sum(cv2.GaussianBlur(random.normal(0, 1, (height, width, 3)), (0, 0), s) * s for s in (0.4, 1, 2, 4, 8, 16))
    return np.clip(128 + 30 * total / total.std(), 0, 255).astype(np.uint8)


def edit(picture: Picture, kind: str = "img2img", mask: Picture | None = None, strength: float = 0.2) -> Scene:
    height, width = picture.shape[:2]
    once = frozenset({"hires_pass", "dither"})
    return Scene(
        kind, picture, Bounds(0, 0, width, height), mask, strength, (0, 0, 0, 0), None, None, False, disabled_steps=once
    )


def energy(picture: Picture) -> float:
    values = picture[:, :, :3].astype(np.float64)
    return float(np.square(np.diff(values, axis=0)).mean() + np.square(np.diff(values, axis=1)).mean())


def autoencoded(image: Picture) -> Picture:
    noise = np.random.default_rng(0).normal(0, 0.01, image.shape).astype(np.float32)
    return np.clip(cv2.GaussianBlur(image, (0, 0), 0.6) * np.float32(0.98) + noise, 0, 1)


def without_residual(scene: Scene) -> Scene:
    return replace(scene, disabled_steps=scene.disabled_steps | {"residual"})


@pytest.mark.parametrize("size", [(150, 112), (100, 90), (300, 220), (640, 480), (97, 131)])
def test_a_weak_edit_that_changes_nothing_keeps_all_detail(size: tuple[int, int]) -> None:
    scene = edit(photo(*size))
    done = run(scene, identity, NATIVE)
    assert np.abs(done.layer.image[:, :, :3].astype(int) - scene.picture).max() <= 1


@pytest.mark.parametrize("size", [(230, 160), (300, 220), (640, 480)])
def test_detail_survives_an_autoencoder(size: tuple[int, int]) -> None:
    scene = edit(photo(*size))
    with_it, off = (run(one, autoencoded, NATIVE).layer.image for one in (scene, without_residual(scene)))
    assert energy(with_it) > 0.6 * energy(scene.picture) and energy(with_it) > 1.5 * energy(off)


def painted_over(new: float | Picture) -> Callable[[Picture], Picture]:
    """The left half is kept, the right half is another picture."""

    def model(image: Picture) -> Picture:
        made = image.copy()
        middle = image.shape[1] // 2
        made[:, middle:] = new if isinstance(new, float) else new[:, middle:]
        return made

    return model


@pytest.mark.parametrize("size", [(300, 220), (640, 480)])
def test_nothing_of_the_old_detail_shines_through_a_plain_surface_of_its_own_tone(size: tuple[int, int]) -> None:
    """The hardest case: the tone alone does not tell that something else was painted."""
    scene = edit(photo(*size), strength=0.6)
    done = run(scene, painted_over(128 / 255), NATIVE)
    width = size[0]
    new, old = (
        done.layer.image[:, part, :3].astype(int) for part in (slice(width // 2 + 40, None), slice(0, width // 3))
    )
    assert np.abs(new - 128).max() <= 1
    assert np.abs(old - scene.picture[:, : width // 3]).max() <= 1


@pytest.mark.parametrize("size", [(300, 220), (640, 480)])
def test_nothing_of_the_old_detail_shines_through_another_texture_of_its_own_tone(size: tuple[int, int]) -> None:
    scene = edit(photo(*size), strength=0.6)

    def model(image: Picture) -> Picture:
        height, width = image.shape[:2]
        return painted_over(photo(width, height, seed=9) / np.float32(255))(image)

    part = np.s_[:, size[0] // 2 + 40 :, :3]
    with_it, off = (run(one, model, NATIVE).layer.image[part] for one in (scene, without_residual(scene)))
    changed = np.abs(with_it.astype(int) - off).mean(axis=2) > 1
    assert changed.mean() < 0.03


def test_edges_that_moved_leave_no_second_outline() -> None:
    """By two working pixels to the right: the old detail would lie beside the new."""
    scene = edit(photo(640, 480), strength=0.4)
    with_it, off = (
        run(one, lambda image: np.roll(image, 2, axis=1), NATIVE).layer.image[:, 40:, :3].astype(int)
        for one in (scene, without_residual(scene))
    )
    assert (np.abs(with_it - off).max(axis=2) > 2).mean() < 0.01


def test_text_that_was_painted_over_leaves_no_trace() -> None:
    picture = np.full((480, 640, 3), 235, np.uint8)
    for row in range(30, 480, 24):
        cv2.putText(picture, "the quick brown fox jumps over the lazy dog", (8, row), 0, 0.5, (20,) * 3, 1, cv2.LINE_AA)
    scene = edit(picture, strength=0.6)

    def model(image: Picture) -> Picture:
        made = image.copy()
        top = image.shape[0] // 2
        made[top:] = cv2.GaussianBlur(image, (0, 0), 25)[top:]
        return made

    done, off = (run(one, model, NATIVE).layer.image[:, :, :3].astype(int) for one in (scene, without_residual(scene)))
    assert np.abs(done - off)[300:].max() <= 2
    assert np.abs(done - picture)[:130].max() <= 1, "what is kept is the original, from 30 working pixels on"


def soft_mask(width: int, height: int) -> Picture:
    return np.tile(np.rint(np.linspace(0, 255, width)).astype(np.uint8), (height, 1))


@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_a_soft_mask_keeps_detail_as_far_as_it_keeps_the_picture(strength: float) -> None:
    scene = edit(photo(400, 300), "inpaint", soft_mask(400, 300), strength)
    source = {}

    def model(image: Picture) -> Picture:
        return source.get("seen", image)

    first = run(scene, identity, NATIVE)
    source["seen"] = first.working.seen.copy()
    with_it, off = (run(one, model, NATIVE).layer for one in (scene, without_residual(scene)))
    part = np.s_[:, 60:140]
    error = [float(np.abs(one.image[part][..., :3].astype(int) - scene.picture[part]).mean()) for one in (with_it, off)]
    assert error[0] < 0.7 * error[1]


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_soft_and_hard_holes_of_a_layer_stay_free_of_seams(strength: float) -> None:
    """A bright texture on transparent black: no dark rim."""
    picture = np.zeros((300, 300, 4), np.uint8)
    picture[:, :, :3] = photo(300, 300) // 8 + 220
    darkest = picture[:, :, :3].min()
    alpha = cv2.GaussianBlur(cv2.circle(np.zeros((300, 300), np.uint8), (150, 150), 90, 255, -1), (0, 0), 3)
    picture[:, :, 3] = alpha
    picture[alpha == 0] = 0
    done = run(edit(picture, strength=strength), identity, NATIVE)
    shown: Picture = done.layer.image[done.layer.image[:, :, 3] > 8]
    assert shown[:, :3].min() >= darkest


def test_at_the_documents_own_size_the_step_does_nothing() -> None:
    picture = photo(128, 128)
    done: list[Outcome] = [run(one, autoencoded, NATIVE) for one in (edit(picture), without_residual(edit(picture)))]
    assert done[0].plan.scale == (1.0, 1.0)
    assert np.array_equal(done[0].layer.image, done[1].layer.image)

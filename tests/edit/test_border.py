"""What a user sees at the border of an edit: no shift of colour, no lost sharpness, and what was meant as it was.

The model here returns the document with a bias of its own; in the selection it paints what was asked for.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.color import deltaE_ciede2000, rgb2lab

from bridge_server.edit.color import from_working
from bridge_server.edit.compose import compose
from bridge_server.edit.source import window
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.steps import STEPS

from .editor import flatten, with_alpha
from .scenes import Model, Outcome, Scene, identity, paint, run, scenes

NATIVE = NativeSize.around(256, 16)
RED = np.float32([0.8, 0.12, 0.18])
OFF = frozenset({"color_match", "seam"})


def photo(side: int = 256) -> np.ndarray:
    return np.asarray(cv2.resize(data.astronaut(), (side, side), interpolation=cv2.INTER_AREA))


def disc(side: int, radius: int) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    cv2.circle(mask, (side // 2, side // 2), radius, 255, -1)
    return mask


def edit(picture: np.ndarray, selection: np.ndarray | None, disabled_steps: frozenset[str] = frozenset()) -> Scene:
    """A strength below 1, so that the model is given the picture itself."""
    height, width = picture.shape[:2]
    box = Bounds(0, 0, width, height)
    return Scene("inpaint", picture, box, selection, 0.99, (0, 0, 0, 0), None, None, False, disabled_steps)


def warm(image: np.ndarray) -> np.ndarray:
    shifted = ((image - np.float32(0.5)) * np.float32(0.95) + np.float32(0.5)) * np.float32([1.04, 1.0, 0.97])
    return np.clip(shifted, 0, 1)


def soft(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0))


def flat(done: Outcome, picture: np.ndarray) -> np.ndarray:
    return flatten(picture, done.plan.canvas, done.layer)[:, :, :3]


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(deltaE_ciede2000(rgb2lab(one), rgb2lab(other)))


def inside(selection: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform((selection > 127).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


@pytest.mark.parametrize("side", [200, 256, 400])
def test_the_bias_of_a_model_is_gone_at_the_border_at_every_scale(side: int) -> None:
    picture, selection = photo(side), disc(side, side // 5)
    depth = inside(selection)
    ring = (depth > 0) & (depth <= 4)
    matched, plain = (
        difference(flat(run(edit(picture, selection, without), warm, NATIVE), picture), picture)[ring].mean()
        for without in (frozenset[str](), OFF)
    )
    assert matched <= plain / 2


@pytest.mark.parametrize("side", [200, 256, 400])
def test_what_fills_the_selection_to_its_edge_leaves_no_fringe(side: int) -> None:
    """The old object's colour, in antialiased and scaled pixels beside the edge, is not taken for the model's bias.

    Without the step that puts detail back, which would do so in one of the two pictures only.
    """
    off = frozenset({"residual"})
    truth, selection = photo(side), np.zeros((side, side), np.uint8)
    cv2.circle(selection, (side // 2, side // 2), side // 5, 255, -1, cv2.LINE_AA)
    share = selection[:, :, np.newaxis] / 255
    picture = np.rint(truth * (1 - share) + np.array([120, 100, 250]) * share).astype(np.uint8)
    ring = (inside(selection) > 0) & (inside(selection) <= 4)

    clean = warm(run(edit(truth, selection), identity, NATIVE).working.seen)
    replaced, free = (flat(run(edit(one, selection, off), lambda _: clean, NATIVE), one) for one in (picture, truth))
    fringe, least = (difference(one, truth)[ring].mean() for one in (replaced, free))
    assert fringe <= least + 0.25


@pytest.mark.parametrize("model", [identity, warm])
def test_a_color_that_was_meant_stays_what_it_is(model: Model) -> None:
    """Painted up to the border of the selection; from 16 pixels inside it is moved by less than one notices."""
    picture, selection = photo(), disc(256, 60)

    def red(image: np.ndarray) -> np.ndarray:
        return np.where(cv2.resize(selection, image.shape[1::-1])[:, :, np.newaxis] > 127, RED, model(image))

    result = flat(run(edit(picture, selection), red, NativeSize.around(256, 8)), picture)
    deep = inside(selection) >= 16
    assert difference(result[deep] / 255.0, np.broadcast_to(RED, result[deep].shape)).max() <= 2.1
    near = inside(selection) >= 1
    assert difference(result[near] / 255.0, np.broadcast_to(RED, result[near].shape)).mean() <= 2


@pytest.mark.parametrize("color", [(0.4, 0.5, 0.5), (0.02, 0.02, 0.02), (0.5, 0.5, 0.5)])
@pytest.mark.parametrize("bias", [(0.1, 0.0, 0.0), (0.08, 0.0, -0.05), (0.12, 0.1, 0.1)])
def test_a_strong_bias_is_taken_out_at_the_border_but_not_deep_inside(
    color: tuple[float, float, float], bias: tuple[float, float, float]
) -> None:
    """Just at 16 pixels too: cells are coarser than pixels, and none of a larger change leaks inwards."""
    picture = (cv2.GaussianBlur(photo(), (0, 0), 2) / np.float32(255) * np.float32(0.6) + np.float32(0.15)).astype(
        np.float32
    )
    selection = disc(256, 60)

    def painted(image: np.ndarray) -> np.ndarray:
        chosen = cv2.resize(selection, image.shape[1::-1])[:, :, np.newaxis] > 127
        return np.clip(np.where(chosen, np.float32(color), image) + np.float32(bias), 0, 1).astype(np.float32)

    done = run(edit(picture, selection), painted, NativeSize.around(256, 8))
    assert done.plan.scale == (1.0, 1.0)
    result = flat(done, picture)
    deep = inside(selection) >= 16
    wanted = np.clip(np.float32(color) + np.float32(bias), 0, 1)
    assert difference(result[deep], np.broadcast_to(wanted, result[deep].shape)).max() <= 2.0
    ring = (inside(selection) > 0) & (inside(selection) <= 2)
    assert difference(result[ring], np.broadcast_to(np.float32(color), result[ring].shape)).mean() < 4.0


def test_a_picture_in_the_models_own_memory_layout_is_composed_alike() -> None:
    """Channels first in memory, as torch gives it."""
    picture, selection = photo(), disc(256, 50)

    def channels_first(image: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(soft(warm(image)).transpose(2, 0, 1)).transpose(1, 2, 0)

    results = [run(edit(picture, selection), model) for model in (channels_first, lambda image: soft(warm(image)))]
    assert np.array_equal(results[0].layer.image, results[1].layer.image)


def test_a_soft_edge_keeps_the_documents_own_detail_where_the_model_repeated_it() -> None:
    picture, selection = photo(), disc(256, 40)
    done = run(edit(picture, selection), soft, NATIVE)
    plain = run(edit(picture, selection, frozenset({"seam"})), soft, NATIVE)
    below = window(picture, done.plan.document, done.layer.bounds).astype(float)
    edge = (done.layer.mask > 0) & (done.layer.mask < 192)
    own, blurred = (np.abs(one.layer.image[:, :, :3] - below)[edge].mean() for one in (done, plain))
    assert own < blurred / 4


def test_a_small_part_kept_inside_an_inverted_selection_keeps_its_detail() -> None:
    """The soft edge reaches far into it, so that nothing of it is surely kept; it is compared all the same."""
    picture, selection = photo(), 255 - disc(256, 44)
    done, plain = (run(edit(picture, selection, off), soft, NATIVE) for off in (frozenset[str](), frozenset({"seam"})))
    below = window(picture, done.plan.document, done.layer.bounds).astype(float)
    edge = (done.layer.mask > 0) & (done.layer.mask < 128)
    own, blurred = (np.abs(one.layer.image[:, :, :3] - below)[edge].mean() for one in (done, plain))
    assert own < blurred * 0.7


def test_what_the_model_had_to_keep_stays_the_documents_own_however_badly_it_returns_it() -> None:
    """A glint beside the selection, which an autoencoder smears beyond recognition."""
    picture, selection = np.full((256, 256, 3), 40, np.uint8), disc(256, 70)
    cv2.circle(picture, (128, 128 - 70 - 36), 1, (255, 250, 230), -1)
    scene = replace(edit(picture, selection), grow=4, feather=40)
    done = run(scene, lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), 2.5)), NATIVE)
    glint = picture.max(axis=2) > 40
    shown = window(done.layer.mask, done.layer.bounds, done.plan.canvas)
    assert (shown[glint] > 48).all() and (done.working.mask[glint] == 0).all(), "it is shown, and was not repainted"
    assert difference(flat(done, picture), picture)[glint].max() < 1


def test_what_the_model_changed_in_the_soft_edge_is_not_taken_back() -> None:
    """The selection is drawn too tight: the old object shows beyond it, and is to go there as well."""
    picture = np.full((256, 256, 3), 150, np.uint8)
    picture[100:156, 100:156] = (200, 40, 40)
    selection = np.zeros((256, 256), np.uint8)
    selection[103:153, 103:153] = 255
    done = run(edit(picture, selection), lambda image: image * 0 + np.float32(150 / 255), NATIVE)
    assert (np.abs(flat(done, picture)[99:157, 99:157].astype(int) - 150) <= 4).all()


def test_what_is_selected_is_always_the_models() -> None:
    """Also a faint scratch that hardly differs from what the model paints."""
    picture = np.full((256, 256, 3), 128, np.uint8)
    picture[80:180, 128] = 131
    selection = np.zeros((256, 256), np.uint8)
    selection[80:180, 126:131] = 255
    done = run(edit(picture, selection), lambda image: image * 0 + np.float32(128 / 255), NATIVE)
    assert (np.abs(flat(done, picture).astype(int) - 128) <= 1).all()


def test_a_soft_model_gets_the_sharpness_of_the_surroundings_near_the_border() -> None:
    picture, selection = photo(), disc(256, 50)
    depth = inside(selection)
    ring = (depth > 0) & (depth <= 8)

    def energy(image: np.ndarray) -> float:
        gray = image.mean(axis=2)
        return float(np.square(gray - cv2.blur(gray, (5, 5)))[ring].mean())

    wanted = energy(picture.astype(float))
    sharp, plain = (
        energy(flat(run(edit(picture, selection, without), soft, NATIVE), picture).astype(float)) / wanted
        for without in (frozenset[str](), frozenset({"seam"}))
    )
    assert abs(np.log(sharp)) < 0.75 * abs(np.log(plain))


@pytest.mark.parametrize("step", ["color_match", "seam"])
def test_each_step_can_be_switched_off_by_itself(step: str) -> None:
    picture, selection = photo(), disc(256, 50)

    def model(image: np.ndarray) -> np.ndarray:
        return soft(warm(image))

    on, off, other, plain = (
        run(edit(picture, selection, without), model, NATIVE).layer.image
        for without in (frozenset[str](), frozenset({step}), OFF - {step}, OFF)
    )
    assert not np.array_equal(on, off) and not np.array_equal(other, plain)


def test_with_every_step_off_the_layer_is_the_models_picture_scaled_back() -> None:
    picture, selection = photo(), disc(256, 50)
    done = run(edit(picture, selection, frozenset(STEPS)), paint(3), NativeSize.around(256, 8))
    assert done.plan.scale == (1.0, 1.0)
    painted = np.ascontiguousarray(window(paint(3)(done.working.image), done.plan.working_bounds, done.layer.bounds))
    expected = from_working(painted, np.dtype(np.uint8), False, None)
    shown = done.layer.mask > 0
    assert np.array_equal(done.layer.image[:, :, :3][shown], expected[shown])


def test_without_the_fill_replaced_content_stays_and_unknown_pixels_are_gray() -> None:
    picture, selection = photo(), disc(256, 50)
    inpaint = replace(edit(picture, selection, frozenset({"fill"})), strength=1.0)
    working = run(inpaint, identity, NativeSize.around(256, 8)).working
    assert np.abs(working.image - np.float32(picture) / 255).max() <= 1e-6
    outpaint = replace(inpaint, kind="outpaint", selection=None, margins=(64, 0, 0, 0))
    done = run(outpaint, identity, NativeSize.around(256, 8))
    border = done.working.image[:, : 64 * done.plan.working_width // done.plan.working_bounds.width - 8]
    assert np.allclose(border, 0.5, atol=1e-6)


@pytest.mark.parametrize("amount", [0, 8])
def test_an_edge_of_the_canvas_is_no_border(amount: int) -> None:
    """A selection at the edge: the mask does not fade along it, and the layer reaches it with the model's paint."""
    picture = photo()
    selection = np.zeros((256, 256), np.uint8)
    selection[60:200, :80] = 255
    done = run(replace(edit(picture, selection), feather=amount), lambda image: image * 0 + RED, NATIVE)
    shown = window(done.layer.mask, done.layer.bounds, done.plan.document)
    assert (shown[60:200, 0] == 255).all()
    assert np.abs(flat(done, picture)[130, :40] - RED * 255).max() <= 12


@given(scenes(), st.integers(1, 70))
@settings(max_examples=100)
def test_a_layer_does_not_depend_on_the_strips_it_is_finished_in(scene: Scene, strip: int) -> None:
    done = run(scene, warm)
    generated = warm(done.working.image)
    layer = compose(generated, done.source, done.plan, done.working, strip)
    assert np.array_equal(layer.image, done.layer.image)


@given(scenes(kinds=("inpaint", "img2img", "outpaint")), st.sampled_from([warm, soft]))
@settings(max_examples=150)
def test_no_step_changes_anything_outside_the_mask(scene: Scene, model: Model) -> None:
    done = run(scene, model)
    before = window(with_alpha(scene.picture), scene.document, done.plan.canvas)
    shown = window(done.layer.mask, done.layer.bounds, done.plan.canvas)
    assert np.array_equal(flatten(before, done.plan.canvas, done.layer)[shown == 0], before[shown == 0])


def test_alpha_that_is_no_number_is_shown_as_none_or_all() -> None:
    picture = np.full((64, 64, 4), 0.5, np.float32)
    picture[:, :, 3] = 1.0
    picture[0, :3, 3] = (np.nan, np.inf, -np.inf)
    scene = Scene("img2img", picture, Bounds(0, 0, 64, 64), None, 0.5, (0, 0, 0, 0), None, None, False)
    alpha = run(scene, identity, NATIVE).layer.image[0, :4, 3]
    assert alpha.tolist() == [0.0, 1.0, 0.0, 1.0]

"""An edit by instruction with a model that drifts: it moves, scales, tints and blurs what it keeps, as real ones do.

The pretended model paints what was asked for on the picture that it is shown, and gives it back shifted by parts of a
pixel, scaled, yellowish, of less contrast, blurred and noisy: what users of FLUX Kontext and Qwen-Image-Edit report
(Acly/krita-ai-diffusion#2326 and #2460).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from bridge_server.edit.compose import compose
from bridge_server.edit.instructed import Settled, settle
from bridge_server.edit.instructed.changed import changed
from bridge_server.edit.instructed.drift import find_drift, without_drift
from bridge_server.edit.instructed.shift import find_shift
from bridge_server.edit.prepare import prepare
from bridge_server.edit.source import Source
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, make_plan
from bridge_server.plan.plan_input import PlanInput
from tests.edit.editor import flatten

Picture = NDArray[np.float32]
Change = Callable[[Picture], Picture]

CELL = 16
NATIVE = NativeSize.around(512, CELL, CELL)
OFFSET, SCALE = (2.3, -1.6), 1.004


def cat() -> Picture:
    return np.asarray(data.chelsea()[:288, :448], np.float32) / np.float32(255)


def disc(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.asarray(np.hypot((x - shape[1] * 0.6) / shape[1], (y - shape[0] * 0.5) / shape[0]) < 0.14)


def blue_disc(picture: Picture) -> Picture:
    """The content of the disc in another hue, with its light and shade."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hsv[:, :, 0], hsv[:, :, 1] = 220, 0.8
    return np.where(disc(picture.shape)[:, :, None], cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), picture).astype(np.float32)


def drifted(picture: Picture, seed: int = 0) -> Picture:
    height, width = picture.shape[:2]
    stretch = SCALE - 1
    where = np.array(
        [[SCALE, 0, OFFSET[0] - stretch * width / 2], [0, SCALE, OFFSET[1] - stretch * height / 2]], np.float64
    )
    moved = cv2.warpAffine(picture, where, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    noisy = cv2.GaussianBlur(moved, (0, 0), 0.7) + np.random.default_rng(seed).normal(0, 0.008, moved.shape)
    tinted = noisy * np.array([0.99, 0.97, 0.92]) + np.array([0.02, 0.015, 0.0])
    return np.clip(tinted, 0, 1).astype(np.float32)


def lab(picture: NDArray[Any]) -> Picture:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture, np.float32), cv2.COLOR_RGB2Lab), np.float32)


def error(one: NDArray[Any], other: NDArray[Any], where: NDArray[np.bool_]) -> float:
    return float(np.sqrt(np.square(lab(one) - lab(other)).sum(axis=2))[where].mean())


def planned(source: NDArray[Any], selection: Bounds | None = None, **options: Any) -> Plan:
    document = Bounds(0, 0, source.shape[1], source.shape[0])
    return make_plan(PlanInput("edit", document, NATIVE, 1.0, selection=selection, **options))


def edited(pixels: NDArray[Any], change: Change, mask: NDArray[np.uint8] | None = None, **options: Any) -> Any:
    """The flattened result of an edit by the pretended model, and what was settled."""
    everywhere = Bounds(0, 0, pixels.shape[1], pixels.shape[0])
    selection = None if mask is None else Bounds(*cv2.boundingRect(mask))
    source = Source(pixels, mask, everywhere, None)
    plan = planned(pixels, selection, **options)
    working = prepare(source, plan)
    settled = settle(drifted(change(working.image)), working, plan)
    layer = compose(settled.picture, source, plan, settled.working)
    return flatten(pixels, everywhere, layer), settled


def test_how_far_it_has_moved_is_found_to_a_twentieth_of_a_pixel() -> None:
    found = find_shift(drifted(blue_disc(cat())), cat())
    assert found is not None
    assert np.allclose(found.offset, OFFSET, atol=0.05)
    assert np.allclose(found.scale, SCALE - 1, atol=4e-4)


def test_what_has_not_moved_is_not_resampled() -> None:
    assert find_shift(blue_disc(cat()), cat()) is None


def test_another_picture_is_not_moved() -> None:
    other = np.asarray(data.astronaut()[:288, :448], np.float32) / np.float32(255)
    assert find_shift(other, cat()) is None


def test_a_plain_surface_tells_no_shift() -> None:
    plain = np.full((256, 256, 3), 0.5, np.float32)
    assert find_shift(plain, plain) is None


def test_what_was_kept_comes_back_and_what_was_changed_stays_changed() -> None:
    before, wanted = cat(), blue_disc(cat())
    made = drifted(wanted)
    back = without_drift(made, find_drift(made, before))
    inside = cv2.erode(disc(before.shape).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    outside = cv2.dilate(disc(before.shape).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert error(back, wanted, outside) < error(made, wanted, outside) / 2
    assert error(back, wanted, inside) < error(made, wanted, inside) / 2
    assert error(back, before, inside) > 15


def test_a_change_of_tone_that_was_asked_for_stays() -> None:
    """ "Make it night": all of it is darker and bluer, and all of it is shown."""
    before = cat()
    night = before * np.float32([0.35, 0.4, 0.6])
    back = without_drift(night, find_drift(night, before))
    assert error(back, night, np.ones(before.shape[:2], np.bool_)) < 1.0
    share = changed(back, before, CELL)
    assert share is not None and float(share.min()) == 1.0


def test_with_nothing_selected_what_has_changed_is_shown_and_the_rest_keeps_its_bits() -> None:
    pixels = data.chelsea()[:288, :448]
    result, settled = edited(pixels, blue_disc)
    area = disc(pixels.shape)
    far = cv2.dilate(area.astype(np.uint8), np.ones((61, 61), np.uint8)) == 0
    assert settled.is_changed
    assert np.array_equal(result[far, :3], pixels[far])
    deep = cv2.erode(area.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    shown = result[:, :, :3].astype(np.float32) / np.float32(255)
    assert error(shown, blue_disc(cat()), deep) < 4
    assert error(shown, cat(), deep) > 15


def test_a_selection_limits_where_it_shows() -> None:
    pixels = data.chelsea()[:288, :448]
    mask = np.zeros(pixels.shape[:2], np.uint8)
    mask[:, :269] = 255  # half of the disc
    result, settled = edited(pixels, blue_disc, mask, keep_to_selection=True)
    assert settled.is_changed
    assert np.array_equal(result[:, 269:, :3], pixels[:, 269:])
    assert error(result[130:150, 225:250, :3] / 255, cat()[130:150, 225:250], np.ones((20, 25), np.bool_)) > 15


def test_where_nothing_has_changed_it_is_told() -> None:
    _, settled = edited(data.chelsea()[:288, :448], lambda picture: picture)
    assert isinstance(settled, Settled) and not settled.is_changed


@pytest.mark.parametrize("step", ["align", "color_match"])
def test_each_step_can_be_left_out(step: str) -> None:
    pixels = data.chelsea()[:288, :448]
    whole, less = (edited(pixels, blue_disc, disabled_steps=steps)[0] for steps in (frozenset(), frozenset({step})))
    deep = cv2.erode(disc(pixels.shape).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    with_it, without_it = (error(one[:, :, :3] / 255, blue_disc(cat()), deep) for one in (whole, less))
    assert without_it > with_it + 0.3


def test_sixteen_bits_and_fine_detail_of_a_larger_picture_are_kept_where_nothing_changed() -> None:
    """The model paints at half the size; what it did not change has the document's own pixels."""
    small = data.chelsea()[:288, :448].astype(np.uint16) * 257
    pixels = np.kron(small, np.ones((3, 3, 1), np.uint16)) + np.random.default_rng(1).integers(
        0, 200, (864, 1344, 3), np.uint16
    )
    result, settled = edited(np.ascontiguousarray(pixels, np.uint16), blue_disc)
    assert settled.is_changed
    far = cv2.dilate(disc(pixels.shape).astype(np.uint8), np.ones((181, 181), np.uint8)) == 0
    assert np.array_equal(result[far, :3], pixels[far])


def test_the_result_is_the_same_twice() -> None:
    pixels = data.chelsea()[:288, :448]
    assert np.array_equal(edited(pixels, blue_disc)[0], edited(pixels, blue_disc)[0])


def test_the_planned_size_is_the_models_also_of_a_large_picture() -> None:
    plan = planned(np.zeros((4000, 6000, 3), np.uint8))
    assert plan.hires is None and plan.needs_image
    assert plan.working_width * plan.working_height < 2 * 512 * 512

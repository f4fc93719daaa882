"""Masks: how far they reach, that they stay soft, and that nothing is ever cut at a threshold."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.edit.masks import dilate, feather, make_masks
from bridge_server.edit.source import Mask, Source, selection_bounds, window
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, make_plan

CANVAS = Bounds(0, 0, 200, 160)
NATIVE = NativeSize.around(128, 16)


def masks_of(selection: Mask, grow: int | None = None, feather: int | None = None) -> tuple[Plan, Mask, Mask]:
    """The plan, and composite and denoise on the whole canvas."""
    source = Source(None, selection, CANVAS)
    given_input = PlanInput("inpaint", CANVAS, NATIVE, 1.0, selection_bounds(source), grow=grow, feather=feather)
    plan = make_plan(given_input)
    masks = make_masks(source, plan)
    assert masks.denoise is not None
    return plan, window(masks.composite, plan.target, CANVAS), window(masks.denoise, plan.context, CANVAS)


def disc(radius: int, x: int = 100, y: int = 80) -> Mask:
    rows, columns = np.mgrid[: CANVAS.height, : CANVAS.width]
    return np.where((columns - x) ** 2 + (rows - y) ** 2 <= radius**2, 255, 0).astype(np.uint8)


@pytest.mark.parametrize("radius", [1, 2, 3, 5, 8, 9, 10, 17, 40, 64, 65, 90])
def test_dilation_reaches_its_radius_and_not_beyond(radius: int) -> None:
    mask = np.zeros((221, 221), np.uint8)
    mask[110, 110] = 255
    grown = dilate(mask, radius)
    rows, columns = np.mgrid[:221, :221] - 110
    distance = np.hypot(rows, columns)
    assert (grown[distance <= 0.97 * radius - 0.5] == 255).all()
    assert (grown[distance > max(1.1 * radius, radius + 0.5)] == 0).all()
    assert (grown[110] > 0).sum() == (grown[:, 110] > 0).sum() == 2 * radius + 1
    assert np.array_equal(grown, grown[::-1]) and np.array_equal(grown, grown[:, ::-1])


@pytest.mark.parametrize("radius", [256, 300, 511, 1000])
def test_a_very_large_dilation_is_nearly_as_wide_and_never_wider(radius: int) -> None:
    side = 2 * radius + 101
    mask = np.zeros((side, side), np.uint8)
    mask[radius + 50, radius + 50] = 200
    grown = dilate(mask, radius)
    middle = grown[radius + 50]
    assert np.flatnonzero(middle).min() >= 50 and np.flatnonzero(middle).max() <= side - 51
    rows, columns = np.mgrid[:side, :side] - (radius + 50)
    assert (grown[np.hypot(rows, columns) < 0.95 * radius] == 200).all() and grown.max() == 200


@given(st.integers(0, 20), st.integers(0, 30), st.integers(0, 99))
@settings(max_examples=40)
def test_a_soft_selection_grows_like_each_of_its_contours(radius: int, half: int, seed: int) -> None:
    """Gray dilation commutes with any threshold: no level of softness is treated in another way."""
    mask = (cv2.GaussianBlur(np.random.default_rng(seed).random((60, 60)), (0, 0), 3) * 400 % 256).astype(np.uint8)
    for level in (1, 77, 128, 255):
        contour = np.where(mask >= level, 255, 0).astype(np.uint8)
        assert np.array_equal(dilate(mask, radius) >= level, dilate(contour, radius) == 255)
    assert feather(mask, half).max() <= mask.max()


def test_an_edge_is_full_as_far_as_it_grows_and_gone_where_its_feather_ends() -> None:
    selection = np.zeros((CANVAS.height, CANVAS.width), np.uint8)
    selection[:, :60] = 255
    plan, composite, denoise = masks_of(selection, grow=10, feather=20)
    row, repainted = composite[80].astype(int), denoise[80].astype(int)
    assert (row[:80] == 255).all() and (row[90:] == 0).all()
    assert (np.diff(row[79:91]) < 0).sum() >= 8, "a ramp over half the feather's width"
    assert abs(row[84] + row[85] - 255) <= 4, "half-way in the middle of the ramp"
    assert (plan.overlap + 10) * min(plan.scale) >= 8, "wholly free a latent cell beyond the selection"
    assert (repainted[: 70 + plan.overlap] == 255).all() and (repainted[80 + plan.overlap :] == 0).all()
    assert 0 < repainted[78 + plan.overlap] < 255


@pytest.mark.parametrize("radius", [3, 10, 30, 60])
def test_a_result_fades_out_where_nothing_was_repainted(radius: int) -> None:
    """The passage from old to new is the model's: what it repainted is shown in full.

    Beside a thin selection, whose passage is one latent cell, it is shown by half at least.
    """
    plan, composite, denoise = masks_of(disc(radius))
    assert plan.overlap <= plan.feather // 2
    if plan.feather < 2 * NATIVE.latent_cell:
        assert (composite[denoise >= 128] >= 128).all() and (composite >= denoise).all()
        return
    assert (composite[denoise >= 128] >= 230).all(), "blurs meet a little where a latent cell asked for more"
    assert (composite > denoise).sum() > radius


def test_an_edge_of_the_canvas_is_no_edge_of_the_mask() -> None:
    selection = np.zeros((CANVAS.height, CANVAS.width), np.uint8)
    selection[:50, :50] = 255
    _, composite, denoise = masks_of(selection, grow=0, feather=30)
    assert (composite[:50, :50] == 255).all() and (denoise[:50, :50] == 255).all()
    assert (composite[:5, 52] == composite[20, 52]).all()


@pytest.mark.parametrize("softness", [1.5, 6.0, 15.0])
def test_a_feathered_selection_stays_as_soft_as_it_was(softness: float) -> None:
    selection = np.rint(cv2.GaussianBlur(disc(40).astype(np.float64), (0, 0), softness)).astype(np.uint8)
    _, composite, denoise = masks_of(selection)
    for mask in (composite, denoise):
        steepest_before = np.abs(np.diff(selection[80].astype(int))).max()
        assert np.abs(np.diff(mask[80].astype(int))).max() <= steepest_before
        assert len(np.unique(mask)) >= min(40, len(np.unique(selection)))


@pytest.mark.parametrize("level", [1, 60, 128, 200])
def test_a_faint_selection_stays_faint(level: int) -> None:
    _, composite, denoise = masks_of(disc(30) // 255 * np.uint8(level))
    assert composite.max() == denoise.max() == level


def test_a_larger_selection_never_gets_a_smaller_mask() -> None:
    _, small, small_denoise = masks_of(disc(20), grow=6, feather=12)
    _, large, large_denoise = masks_of(np.maximum(disc(20), disc(25, 120, 90)), grow=6, feather=12)
    assert (large >= small).all() and (large_denoise >= small_denoise).all()


def test_one_selected_pixel_is_enough() -> None:
    selection = np.zeros((CANVAS.height, CANVAS.width), np.uint8)
    selection[70, 110] = 255
    plan, composite, denoise = masks_of(selection)
    assert composite[70, 110] == denoise[70, 110] == 255
    assert plan.target == Bounds(98, 58, 25, 25)
    assert (composite > 0).sum() == (composite[58:83, 98:123] > 0).sum()


def test_an_outpaint_is_full_on_the_border_and_fades_inside_the_picture() -> None:
    document = Bounds(0, 0, 100, 80)
    plan = make_plan(PlanInput("outpaint", document, NATIVE, 1.0, margins=(40, 0, 0, 20), grow=2, feather=10))
    masks = make_masks(Source(np.zeros((80, 100, 3), np.uint8), None, document), plan)
    composite = window(masks.composite, plan.target, plan.canvas)
    assert (composite[:, :40] == 255).all() and (composite[80:] == 255).all()
    assert (composite[:80, 40:42] == 255).all()
    assert (composite[:68, 52:] == 0).all()
    assert 0 < composite[20, 50] < 255


def test_a_mask_is_read_where_it_lies() -> None:
    """The crop that was sent starts anywhere; the mask's pixels keep their places in the document."""
    selection = disc(15, 120, 90)
    sent = Bounds(60, 30, 130, 120)
    plan = make_plan(PlanInput("inpaint", CANVAS, NATIVE, 1.0, selection_bounds(Source(None, selection, CANVAS))))
    whole = make_masks(Source(None, selection, CANVAS), plan)
    cropped = make_masks(Source(None, window(selection, CANVAS, sent), sent), plan)
    assert np.array_equal(whole.composite, cropped.composite)
    assert whole.denoise is not None and cropped.denoise is not None and np.array_equal(whole.denoise, cropped.denoise)

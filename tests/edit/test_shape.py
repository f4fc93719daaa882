"""Selections of several parts, thin diagonals and small kept parts are judged by what they are, not by their box."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.edit.masks import make_masks
from bridge_server.edit.prepare import prepare
from bridge_server.edit.shape import measure
from bridge_server.edit.source import Mask, Source, selection_bounds, window
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, fit_to, make_plan
from bridge_server.plan.shape import Shape

from .scenes import selections

SD1 = NativeSize.around(512, 64)
SMALL = NativeSize.around(128, 16)


def canvas_of(mask: Mask) -> Bounds:
    return Bounds(0, 0, mask.shape[1], mask.shape[0])


def shape_of(mask: Mask) -> Shape:
    source = Source(None, mask, canvas_of(mask))
    box = selection_bounds(source)
    shape = None if box is None else measure(source, box, canvas_of(mask))
    assert shape is not None
    return shape


def plans(mask: Mask, native: NativeSize = SD1, strength: float = 1.0) -> tuple[Plan, Plan]:
    """The daemon's, which knows the box, and the worker's, which has the mask."""
    canvas, shape = canvas_of(mask), shape_of(mask)
    first = make_plan(PlanInput("inpaint", canvas, native, strength, shape.box))
    again = make_plan(PlanInput("inpaint", canvas, native, strength, shape.box, shape=shape))
    return first, fit_to(again, first.capture)


def dots(width: int, height: int, *places: tuple[int, int], radius: int = 10) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    for place in places:
        cv2.circle(mask, place, radius, 255, -1)
    return mask


def wire(width: int, height: int, thickness: int) -> Mask:
    return cv2.line(np.zeros((height, width), np.uint8), (30, 30), (width - 30, height - 30), 255, thickness)


@pytest.mark.parametrize(("width", "height"), [(40, 40), (41, 30), (300, 7), (1, 1), (2500, 400)])
def test_a_box_is_as_thick_as_its_shorter_side(width: int, height: int) -> None:
    mask = np.zeros((500, 2600), np.uint8)
    mask[50 : 50 + height, 20 : 20 + width] = 255
    shape = shape_of(mask)
    assert shape.box == Bounds(20, 50, width, height)
    assert shape.thickness == min(width, height)
    assert shape.diagonal == pytest.approx(np.hypot(width, height))


def test_specks_far_apart_get_the_edges_of_one_speck() -> None:
    first, plan = plans(dots(1600, 1200, (60, 60), (1540, 60), (800, 1140)))
    alone, _ = plans(dots(1600, 1200, (800, 600)))
    assert (plan.grow, plan.feather) == (alone.grow, alone.feather) == (4, 10)
    assert first.grow == 15 and first.feather > 48
    assert first.target.contains(plan.target) and first.capture.contains(plan.capture)


def test_a_thin_diagonal_gets_narrow_edges_and_is_painted_directly() -> None:
    first, plan = plans(wire(1600, 1200, 3))
    assert (plan.grow, plan.feather) == (4, 8)
    assert first.hires is not None and plan.hires is not None
    assert first.hires.first_pass and not plan.hires.first_pass


def test_only_tiles_that_are_touched_count() -> None:
    """Two specks in the corners of a photo of 24 megapixels are no long job, and lose no resolution."""
    first, plan = plans(dots(6000, 4000, (100, 100), (5900, 3900)))
    assert first.hires is not None and plan.hires is not None
    assert [notice.code for notice in first.notices] == ["takes_long"] and not plan.notices
    assert len(plan.hires.tiles) <= 8 < len(first.hires.tiles)
    assert plan.at_hires.scale == (1.0, 1.0)


def test_the_limit_counts_what_is_touched() -> None:
    first, plan = plans(dots(5000, 4000, (100, 100), (4900, 3900)), SMALL)
    assert min(first.at_hires.scale) < 0.5 < min(plan.at_hires.scale) == 1.0


@given(selections(500, 380), st.sampled_from([0.3, 1.0]))
@settings(max_examples=60)
def test_whatever_is_repainted_lies_in_a_tile_and_in_what_was_sent(mask: Mask, strength: float) -> None:
    first, plan = plans(mask, SMALL, strength)
    assert plan.grow <= first.grow and plan.feather <= first.feather
    assert first.capture.contains(plan.capture) and plan.target.contains(plan.selection)
    if plan.hires is None:
        return
    source = Source(np.zeros((*mask.shape, 3), np.uint8), mask, canvas_of(mask))
    repainted = prepare(source, plan.at_hires).mask.copy()
    for tile in plan.hires.tiles:
        repainted[tile.y : tile.bottom, tile.x : tile.right] = 0
    inside = plan.context.relative_to(plan.working_bounds)
    assert not repainted[inside.y : inside.bottom, inside.x : inside.right].any()


@given(st.integers(5, 60), st.sampled_from([0.4, 1.0]))
def test_an_inverted_selection_never_swallows_what_it_keeps(radius: int, strength: float) -> None:
    mask = 255 - dots(400, 300, (200, 150), radius=radius)
    _, plan = plans(mask, SD1, strength)
    shown = window(make_masks(Source(None, mask, canvas_of(mask)), plan).composite, plan.target, canvas_of(mask))
    assert (shown == 0).sum() >= 0.15 * (mask == 0).sum()
    assert (shown[mask == 255] == 255).all()


def test_what_the_user_sets_is_not_narrowed() -> None:
    mask = 255 - dots(400, 300, (200, 150), radius=10)
    shape = shape_of(mask)
    plan = make_plan(PlanInput("inpaint", canvas_of(mask), SD1, 1.0, shape.box, grow=12, feather=30, shape=shape))
    assert (plan.grow, plan.feather) == (12, 30)


def test_pinholes_of_a_selection_do_not_narrow_its_edges_where_there_is_room() -> None:
    mask = np.zeros((600, 800), np.uint8)
    mask[100:400, 100:400] = 255
    full = plans(mask)[1]
    mask[200:400:40, 200:400:40] = 0
    assert plans(mask)[1].feather == full.feather > 40

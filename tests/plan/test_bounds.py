"""Boxes: the algebra that everything else relies on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.plan.bounds import Bounds

pytestmark = pytest.mark.portable

numbers = st.integers(-50, 50)
boxes = st.builds(Bounds, numbers, numbers, st.integers(0, 60), st.integers(0, 60))
solid = boxes.filter(lambda box: not box.is_empty)


def pixels(box: Bounds) -> set[tuple[int, int]]:
    return {(x, y) for x in range(box.x, box.right) for y in range(box.y, box.bottom)}


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 by 3"):
        Bounds(0, 0, -1, 3)


@given(boxes, boxes)
def test_intersection_is_that_of_the_pixels(one: Bounds, other: Bounds) -> None:
    assert pixels(one.intersect(other)) == pixels(one) & pixels(other)


@given(solid, solid)
def test_union_is_the_smallest_box_around_both(one: Bounds, other: Bounds) -> None:
    both = one.union(other)
    assert both.contains(one) and both.contains(other)
    assert both.x in (one.x, other.x) and both.right in (one.right, other.right)
    assert both.y in (one.y, other.y) and both.bottom in (one.bottom, other.bottom)


@given(boxes, solid)
def test_an_empty_box_adds_nothing(empty: Bounds, box: Bounds) -> None:
    nothing = Bounds(empty.x, empty.y, 0, 5)
    assert nothing.union(box) == box == box.union(nothing)


@given(solid, solid)
def test_contains_is_that_of_the_pixels(outer: Bounds, inner: Bounds) -> None:
    assert outer.contains(inner) == (pixels(inner) <= pixels(outer))


@given(solid, solid)
def test_shifting_inside_keeps_the_size_where_it_fits_and_what_was_inside_already(box: Bounds, outer: Bounds) -> None:
    moved = box.shift_inside(outer)
    assert outer.contains(moved)
    assert (moved.width, moved.height) == (min(box.width, outer.width), min(box.height, outer.height))
    assert moved.contains(box.intersect(outer)) or box.intersect(outer).is_empty


@given(solid, st.integers(0, 90), st.integers(0, 90))
def test_growing_to_a_size_stays_centerd(box: Bounds, width: int, height: int) -> None:
    grown = box.grow_to(width, height)
    assert (grown.width, grown.height) == (max(width, box.width), max(height, box.height))
    assert 0 <= (grown.right - box.right) - (box.x - grown.x) <= 1
    assert 0 <= (grown.bottom - box.bottom) - (box.y - grown.y) <= 1


@given(boxes, numbers, numbers)
def test_relative_boxes_index_their_origin(box: Bounds, dx: int, dy: int) -> None:
    assert box.translate(dx, dy).relative_to(box) == Bounds(dx, dy, box.width, box.height)

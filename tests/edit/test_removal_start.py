"""What a removal begins from: whatever the document has stays as it is, at every size, side, margin and opacity."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.edit.fill import NEUTRAL
from bridge_server.edit.fill.removal import HIDDEN, removal_start
from bridge_server.edit.prepare import Working, prepare
from bridge_server.edit.resample import resize_share
from bridge_server.edit.source import Source, window
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import PlanInput, make_plan

NATIVE = NativeSize.around(128, 16, 4)
WARM = np.array([180, 90, 40], np.uint8)
rng = np.random.default_rng(11)
SIZES = [(1200, 675), (4032, 3024), (1800, 1200), (1920, 1080)]
SIZES += [(int(width), int(height)) for width, height in rng.integers(90, 2400, (36, 2))]


def outpaint(picture: NDArray[np.uint8], margins: tuple[int, int, int, int]) -> list[Working]:
    """What both passes begin from."""
    document = Bounds(0, 0, picture.shape[1], picture.shape[0])
    plan = make_plan(PlanInput("outpaint", document, NATIVE, 1.0, margins=margins))
    sent = plan.capture
    source = Source(np.ascontiguousarray(window(picture, document, sent)), None, sent)
    return [prepare(source, one) for one in (plan, plan.at_hires)]


@pytest.mark.parametrize("side", range(4))
@pytest.mark.parametrize("margin", [7, 60, 200])
def test_what_is_known_is_what_a_border_is_continued_from(side: int, margin: int) -> None:
    for width, height in SIZES:
        picture = np.broadcast_to(WARM, (height, width, 3))
        for working in outpaint(picture, tuple(margin if side == one else 0 for one in range(4))):  # type: ignore[arg-type]
            started = removal_start(working)
            assert working.known is not None
            known = (working.known > 0.5) & (working.mask <= HIDDEN)
            assert known.any() and np.array_equal(started.image[known], working.image[known]), (width, height)
            assert np.abs(started.image - WARM / np.float32(255)).max() < 0.03, (width, height)


@pytest.mark.parametrize("opacity", [254, 200, 100, 50])
@pytest.mark.parametrize("size", [(128, 128), (300, 300), (517, 389)])
def test_a_picture_that_is_not_wholly_opaque_is_known_all_the_same(opacity: int, size: tuple[int, int]) -> None:
    picture = np.full((size[1], size[0], 4), [*WARM, opacity], np.uint8)
    for working in outpaint(picture, (0, 0, 40, 0)):
        assert np.abs(removal_start(working).image - WARM / np.float32(255)).max() < 0.03


@pytest.mark.parametrize("place", [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("size", [(160, 120), (333, 517), (1201, 677)])
def test_a_removal_at_the_edge_of_the_canvas_or_beside_transparency(
    place: tuple[int, int], holes: bool, size: tuple[int, int]
) -> None:
    """The hole gets the colour of what is around it, whatever stands in it."""
    width, height = size
    picture = np.full((height, width, 4), [*WARM, 255], np.uint8)
    selection = np.zeros((height, width), np.uint8)
    x, y = place[0] * (width - 40), place[1] * (height - 30)
    selection[y : y + 30, x : x + 40] = 255
    picture[y : y + 30, x : x + 40, :3] = [0, 255, 255]
    if holes:
        picture[height // 3 : height // 2, width // 3 : width // 2] = 0
    document = Bounds(0, 0, width, height)
    plan = make_plan(PlanInput("inpaint", document, NATIVE, 1.0, selection=Bounds(x, y, 40, 30)))
    sent = plan.capture
    source = Source(*(np.ascontiguousarray(window(one, document, sent)) for one in (picture, selection)), sent)
    for one in (plan, plan.at_hires):
        working = prepare(source, one)
        started = removal_start(working)
        assert np.abs(started.image - WARM / np.float32(255)).max() < 0.03
        kept = working.mask <= HIDDEN
        assert np.array_equal(started.image[kept & _seen(working)], working.image[kept & _seen(working)])


def _seen(working: Working) -> NDArray[np.bool_]:
    return np.ones(working.mask.shape, bool) if working.known is None else working.known > 0.5


def test_a_selection_that_covers_all_in_part_leaves_what_it_does_not_cover() -> None:
    """Where no pixel is wholly kept, the start is the fill by what is kept in part, and not gray."""
    picture, selection = np.broadcast_to(WARM, (96, 96, 3)), np.full((96, 96), 140, np.uint8)
    document = Bounds(0, 0, 96, 96)
    plan = make_plan(PlanInput("inpaint", document, NATIVE, 1.0, selection=document))
    started = removal_start(prepare(Source(picture, selection, document), plan))
    assert np.abs(started.image - WARM / np.float32(255)).max() < 0.03


def test_nothing_known_is_neutral() -> None:
    picture, selection = np.broadcast_to(WARM, (96, 96, 3)), np.full((96, 96), 255, np.uint8)
    document = Bounds(0, 0, 96, 96)
    plan = make_plan(PlanInput("inpaint", document, NATIVE, 1.0, selection=document))
    assert (removal_start(prepare(Source(picture, selection, document), plan)).image == NEUTRAL).all()


def test_shares_that_are_whole_stay_whole_when_they_are_scaled() -> None:
    for have in range(40, 700, 13):
        for want in (96, 112, 128, 144, 192, 448):
            for value in (0.0, 1.0):
                share = resize_share(np.full((have, have * 3 // 2), value, np.float32), want, want + 16)
                assert (share == value).all(), (have, want, value)
    half = resize_share(np.linspace(0, 1, 640, dtype=np.float32)[None].repeat(8, 0), 320, 8)
    assert 0 < half.min() < 0.01 and 0.99 < half.max() < 1 and (np.diff(half[0]) > 0).all()

"""The second pass of large areas: tiles that cover what is repainted, fit the model, overlap, and have a limit."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.hires import AREA_IN_SQUARES, HIRES_BELOW, MAX_PIXELS, HiresPass, plan_hires
from bridge_server.plan.native import LEAST_CELL, NativeSize
from bridge_server.plan.plan import Plan, PlanInput, make_plan

from .strategies import NATIVES, plan_inputs

pytestmark = pytest.mark.portable

SD1, STARTER = NativeSize.around(512, 64), NativeSize.around(128, 16)
NOTHING = Bounds(0, 0, 0, 0)
PHOTO = Bounds(0, 0, 4000, 3000)
contexts = st.builds(Bounds, st.just(-70), st.just(30), *[st.one_of(st.integers(8, 3000), st.integers(8, 16384))] * 2)


def hires_of(plan: Plan) -> HiresPass:
    assert plan.hires is not None
    return plan.hires


def spans(hires: HiresPass, axis: str) -> list[tuple[int, int]]:
    """(start, end) of the columns or rows of tiles."""
    across = axis == "x"
    return sorted({(tile.x, tile.right) if across else (tile.y, tile.bottom) for tile in hires.tiles})


@given(contexts, st.sampled_from(NATIVES))
@settings(max_examples=300)
def test_tiles_cover_the_picture_fit_the_model_and_overlap(context: Bounds, native: NativeSize) -> None:
    hires = plan_hires(context, context, NOTHING, native, 1.0)
    assert hires is not None
    picture = Bounds(0, 0, hires.width, hires.height)
    for tile in hires.tiles:
        assert picture.contains(tile)
        assert tile.width % native.multiple == 0 and tile.height % native.multiple == 0
        assert tile.x % LEAST_CELL == 0 and tile.y % LEAST_CELL == 0
        assert max(tile.width, tile.height) <= native.max_side and tile.area <= native.max_pixels
    columns, rows = spans(hires, "x"), spans(hires, "y")
    assert len(hires.tiles) == len(columns) * len(rows)
    for lines, length in ((columns, hires.width), (rows, hires.height)):
        assert lines[0][0] == 0 and lines[-1][1] == length
        for (_, end), (start, _) in pairwise(lines):
            assert end - start >= hires.overlap >= 4 * LEAST_CELL


@given(contexts, st.sampled_from(NATIVES))
@settings(max_examples=300)
def test_the_picture_of_the_hires_pass_is_bounded_and_no_larger_than_the_document(
    context: Bounds, native: NativeSize
) -> None:
    hires = plan_hires(context, context, NOTHING, native, 1.0)
    assert hires is not None
    assert hires.width * hires.height <= MAX_PIXELS * 1.05
    assert sum(tile.area for tile in hires.tiles) <= AREA_IN_SQUARES * native.side**2
    assert hires.width <= max(2 * native.multiple, context.width + native.multiple / 2)
    assert hires.height <= max(2 * native.multiple, context.height + native.multiple / 2)


@given(plan_inputs())
@settings(max_examples=300)
def test_every_pixel_that_can_change_lies_in_a_tile(given_input: PlanInput) -> None:
    try:
        plan = make_plan(given_input)
    except BridgeError as error:
        assert error.code is ErrorCode.TOO_MANY_PIXELS
        return
    if plan.hires is None:
        assert min(plan.scale) >= HIRES_BELOW
        assert plan.at_hires == plan
        return
    assert min(plan.scale) < HIRES_BELOW
    assert (plan.at_hires.working_width, plan.at_hires.working_height) == (plan.hires.width, plan.hires.height)
    reach = plan.grow + plan.feather // 2 + plan.overlap
    across, down = plan.at_hires.scale
    for box in changed_boxes(plan, reach):
        inside = box.intersect(plan.context).relative_to(plan.working_bounds)
        for x, y in ((inside.x, inside.y), (inside.right - 1, inside.bottom - 1), middle(inside)):
            if not inside.is_empty:
                px, py = int((x + 0.5) * across), int((y + 0.5) * down)
                assert any(tile.contains(Bounds(px, py, 1, 1)) for tile in plan.hires.tiles)


def changed_boxes(plan: Plan, reach: int) -> list[Bounds]:
    if plan.planner != "outpaint":
        return [plan.selection.grow(reach) if plan.has_edge else plan.target]
    canvas, document = plan.canvas, plan.document
    edges = (document.x + reach, document.y + reach, document.right - reach, document.bottom - reach)
    strips = (
        (canvas.x < document.x, Bounds.from_edges(canvas.x, canvas.y, edges[0], canvas.bottom)),
        (canvas.y < document.y, Bounds.from_edges(canvas.x, canvas.y, canvas.right, edges[1])),
        (canvas.right > document.right, Bounds.from_edges(edges[2], canvas.y, canvas.right, canvas.bottom)),
        (canvas.bottom > document.bottom, Bounds.from_edges(canvas.x, edges[3], canvas.right, canvas.bottom)),
    )
    return [strip.intersect(canvas) for added, strip in strips if added]


def middle(box: Bounds) -> tuple[int, int]:
    return box.x + box.width // 2, box.y + box.height // 2


sides = st.one_of(st.integers(8, 600), st.integers(8, 16384), st.sampled_from([8, 16384]))


@given(
    st.builds(Bounds, st.just(0), st.just(0), sides, sides),
    st.sampled_from(["inpaint", "img2img", "txt2img"]),
    st.sampled_from([None, (0.0, 0.0, 1, 1), (0.999, 0.999, 1, 1), (0.3, 0.3, 16384, 1), (0.2, 0.1, 9000, 16384)]),
    st.sampled_from(NATIVES),
    st.sampled_from([0.2, 1.0]),
)
@settings(max_examples=300)
def test_anything_from_8_to_16384_pixels_has_a_plan(
    document: Bounds, kind: str, where: tuple[float, float, int, int] | None, native: NativeSize, strength: float
) -> None:
    selection = None
    if where is not None:
        left, top = int(where[0] * document.width), int(where[1] * document.height)
        selection = Bounds(left, top, where[2], where[3])
    plan = make_plan(PlanInput(kind, document, native, strength, selection))
    assert plan.context.area <= 16384 * 16384
    assert max(plan.working_width, plan.working_height) <= native.max_side + native.multiple / 2
    assert min(plan.working_width, plan.working_height) >= 2 * native.multiple


@given(st.tuples(*[st.sampled_from([0, 1, 300, 2000])] * 4).filter(any), sides.filter(lambda side: side <= 12384))
@settings(max_examples=100)
def test_any_outpaint_that_ends_within_16384_pixels_has_a_plan(margins: tuple[int, int, int, int], side: int) -> None:
    document = Bounds(0, 0, side, 12384)
    plan = make_plan(PlanInput("outpaint", document, SD1, 1.0, margins=margins))
    assert plan.canvas == document.pad(*margins)


def test_tiles_are_painted_only_where_a_power_line_runs_and_at_full_resolution() -> None:
    plan = make_plan(PlanInput("inpaint", Bounds(0, 0, 6000, 4000), SD1, 1.0, Bounds(0, 700, 6000, 12)))
    hires = hires_of(plan)
    assert plan.at_hires.scale == (1.0, 1.0)
    assert len({tile.y for tile in hires.tiles}) == 1
    assert hires.tiles[0].y < 700 < hires.tiles[0].bottom


def test_what_is_thin_is_painted_once_in_tiles_since_a_first_pass_would_not_see_it() -> None:
    wire, road = (
        make_plan(PlanInput("inpaint", Bounds(0, 0, 6000, 4000), SD1, 1.0, Bounds(0, 700, 6000, height)))
        for height in (12, 300)
    )
    assert not hires_of(wire).first_pass and hires_of(wire).strength == 1.0
    assert wire.overlap + wire.grow == LEAST_CELL
    assert hires_of(road).first_pass and hires_of(road).strength == 0.35
    assert road.overlap + road.grow > LEAST_CELL


def test_an_outpaint_at_two_sides_costs_what_its_border_costs() -> None:
    whole = hires_of(make_plan(PlanInput("outpaint", PHOTO, SD1, 1.0, margins=(256, 256, 256, 256))))
    corner = hires_of(make_plan(PlanInput("outpaint", PHOTO, SD1, 1.0, margins=(256, 256, 0, 0))))
    every = plan_hires(Bounds(-256, -256, 4256, 3256), Bounds(-256, -256, 4256, 3256), NOTHING, SD1, 1.0)
    assert every is not None
    assert len(corner.tiles) < len(whole.tiles) * 0.6 < len(every.tiles)
    assert len({tile.x for tile in corner.tiles}) + len({tile.y for tile in corner.tiles}) - 1 == len(corner.tiles)


def test_a_weak_edit_of_a_large_area_starts_from_the_document_itself() -> None:
    weak, strong = (make_plan(PlanInput("img2img", PHOTO, SD1, strength)) for strength in (0.3, 0.6))
    assert not hires_of(weak).first_pass and hires_of(weak).strength == 0.3
    assert hires_of(strong).first_pass and hires_of(strong).strength == 0.35


def test_a_second_pass_can_be_switched_off_and_small_areas_have_none() -> None:
    large = PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(100, 100, 2000, 1500))
    once = make_plan(replace(large, disabled_steps=frozenset({"hires_pass"})))
    assert hires_of(make_plan(large)).tiles and once.hires is None
    assert [notice.code for notice in once.notices] == ["looks_soft"]
    assert make_plan(replace(large, selection=Bounds(100, 100, 300, 300))).hires is None


def test_a_large_area_fits_the_latent_grid_so_that_nothing_is_resampled() -> None:
    plan = make_plan(PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(101, 103, 1111, 777)))
    assert plan.at_hires.scale == (1.0, 1.0)
    assert plan.context.width % LEAST_CELL == 0 and plan.context.height % LEAST_CELL == 0


def test_what_takes_long_and_what_takes_much_memory_is_said() -> None:
    slow = make_plan(PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(100, 100, 2000, 1500))).notices
    assert [notice.code for notice in slow] == ["takes_long"] and "tiles, which takes up to about" in slow[0].message
    huge = make_plan(PlanInput("inpaint", Bounds(0, 0, 16384, 16384), SD1, 1.0)).notices
    assert [notice.code for notice in huge] == ["takes_long", "looks_soft", "much_memory"]
    for word, notice in zip(("tiles", "look soft", "8 GB"), huge, strict=True):
        assert word in notice.message


def test_the_starter_paints_a_photo_of_a_few_hundred_pixels_in_two_passes() -> None:
    plan = make_plan(PlanInput("inpaint", Bounds(0, 0, 512, 384), STARTER, 1.0, Bounds(80, 60, 350, 270)))
    assert plan.at_hires.scale == (1.0, 1.0)
    assert all((tile.width, tile.height) == (128, 128) for tile in hires_of(plan).tiles)


def test_one_pixel_more_than_16384_by_16384_is_refused() -> None:
    with pytest.raises(BridgeError, match="256 is the limit"):
        make_plan(PlanInput("inpaint", Bounds(0, 0, 16384, 16385), SD1, 1.0))

"""What holds for every plan, whatever is asked for."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.edges import affordable_padding
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, fit_to, make_plan
from bridge_server.plan.working import working_size

from .strategies import boxes_inside, boxes_touching, plan_inputs

pytestmark = pytest.mark.portable

SD1 = NativeSize.around(512, 64)
PHOTO = Bounds(0, 0, 1600, 1200)


def plan_or_skip(given_input: PlanInput) -> Plan:
    try:
        return make_plan(given_input)
    except BridgeError as error:
        assert error.code is ErrorCode.TOO_MANY_PIXELS
        assume(False)
        raise AssertionError from error


def check_boxes(plan: Plan) -> None:
    assert plan.canvas.contains(plan.context)
    assert plan.context.contains(plan.target)
    assert plan.capture == plan.context.intersect(plan.document)
    assert not plan.target.is_empty and not plan.context.is_empty
    assert plan.working_bounds.contains(plan.context)
    for shown, context in (
        (plan.working_bounds.width, plan.context.width),
        (plan.working_bounds.height, plan.context.height),
    ):
        assert shown <= context * 1.25


def check_working_size(plan: Plan) -> None:
    native = plan.native
    assert plan.working_width % native.multiple == 0 and plan.working_height % native.multiple == 0
    assert max(plan.working_width, plan.working_height) <= native.max_side + native.multiple / 2
    rounding = (1 + native.multiple / 2 / min(plan.working_width, plan.working_height)) ** 2
    assert plan.working_width * plan.working_height <= native.max_pixels * rounding


@given(plan_inputs())
@settings(max_examples=400)
def test_the_boxes_lie_in_each_other(given_input: PlanInput) -> None:
    plan = plan_or_skip(given_input)
    check_boxes(plan)
    check_working_size(plan)
    assert plan.context.area <= given_input.max_crop_pixels
    if plan.planner != "outpaint":
        assert plan.target.contains(plan.selection)
        assert plan.canvas == plan.document
    if plan.keep_to_selection and plan.planner != "outpaint":
        assert plan.target == plan.selection


@given(plan_inputs(kinds=("inpaint", "img2img"), selected=True))
def test_the_target_covers_exactly_the_selection_and_its_soft_edge(given_input: PlanInput) -> None:
    plan = plan_or_skip(replace(given_input, keep_to_selection=False))
    assert plan.target == plan.selection.grow(plan.grow + plan.feather).intersect(plan.canvas)


@given(plan_inputs(kinds=("outpaint",)))
def test_an_outpaint_covers_all_that_is_new(given_input: PlanInput) -> None:
    plan = plan_or_skip(given_input)
    left, top, right, bottom = given_input.margins
    assert plan.canvas == given_input.document.pad(left, top, right, bottom)
    for strip in (
        Bounds(plan.canvas.x, plan.canvas.y, left, plan.canvas.height),
        Bounds(plan.canvas.x, plan.canvas.y, plan.canvas.width, top),
        Bounds(plan.document.right, plan.canvas.y, right, plan.canvas.height),
        Bounds(plan.canvas.x, plan.document.bottom, plan.canvas.width, bottom),
    ):
        assert strip.is_empty or plan.target.contains(strip)


@given(plan_inputs())
def test_only_an_area_that_is_too_large_in_itself_is_refused(given_input: PlanInput) -> None:
    small = replace(given_input, max_crop_pixels=1_000_000, padding=None)
    try:
        make_plan(small)
    except BridgeError as error:
        assert error.code is ErrorCode.TOO_MANY_PIXELS
        assert "Select a smaller area" in error.message
        unlimited = make_plan(replace(small, max_crop_pixels=10**12))
        least = unlimited.selection.grow(unlimited.grow + unlimited.feather).intersect(unlimited.canvas)
        assert max(least.grow_to(small.native.side, small.native.side).area, unlimited.target.area) > 1_000_000


@given(plan_inputs(kinds=("inpaint", "img2img"), selected=True), st.data())
@settings(max_examples=300)
def test_a_mask_smaller_than_its_box_is_planned_inside_what_was_sent(
    given_input: PlanInput, data: st.DataObject
) -> None:
    first = plan_or_skip(given_input)
    mask_box = data.draw(boxes_inside(first.selection))
    again = make_plan(replace(given_input, selection=mask_box, layer=None))
    fitted = fit_to(again, first.capture)
    check_boxes(fitted)
    check_working_size(fitted)
    assert fitted.selection == mask_box
    assert fitted.target == again.target
    assert first.capture.contains(fitted.capture)


@given(plan_inputs(), st.data())
@settings(max_examples=300)
def test_a_plan_is_cut_to_what_was_sent(given_input: PlanInput, data: st.DataObject) -> None:
    plan = plan_or_skip(given_input)
    sent = data.draw(boxes_touching(plan.document))
    try:
        fitted = fit_to(plan, sent)
    except BridgeError as error:
        assert error.code is ErrorCode.INVALID_REQUEST
        assert plan.target.intersect(sent).is_empty or plan.selection.intersect(sent).is_empty
        return
    check_boxes(fitted)
    assert fit_to(fitted, sent) == fitted
    if plan.needs_image:
        assert sent.contains(fitted.capture)
        assert plan.target.contains(fitted.target)
        assert fitted.target.contains(plan.target.intersect(sent))
    else:
        assert fitted == plan


@given(plan_inputs())
def test_what_was_asked_to_be_captured_needs_no_fitting(given_input: PlanInput) -> None:
    plan = plan_or_skip(given_input)
    assert fit_to(plan, plan.capture) == plan


@given(boxes_inside(Bounds(300, 300, 1500, 1200)), st.sampled_from([0.3, 1.0]))
def test_nothing_is_resampled_where_the_model_can_take_the_context_as_it_is(selection: Bounds, strength: float) -> None:
    plan = make_plan(PlanInput("inpaint", Bounds(0, 0, 4000, 3000), SD1, strength, selection))
    if min(plan.scale) >= 1.0:
        assert plan.scale == (1.0, 1.0)
    assert 0.95 < plan.scale[0] / plan.scale[1] < 1.05


@pytest.mark.parametrize(("width", "height"), [(600, 450), (513, 511), (575, 500), (767, 511)])
@pytest.mark.parametrize("selection", [None, Bounds(100, 100, 350, 300)])
def test_a_picture_near_the_models_size_is_continued_and_not_stretched(
    width: int, height: int, selection: Bounds | None
) -> None:
    plan = make_plan(PlanInput("img2img", Bounds(0, 0, width, height), SD1, 0.5, selection))
    assert plan.scale == (1.0, 1.0)
    assert plan.working_bounds.intersect(plan.canvas) == plan.capture
    assert selection is not None or plan.working_bounds.contains(plan.canvas)


@pytest.mark.parametrize(("width", "height"), [(300, 280), (700, 690), (450, 460), (260, 200), (390, 470)])
def test_a_smaller_or_larger_picture_is_scaled_alike_in_both_directions(width: int, height: int) -> None:
    plan = make_plan(
        PlanInput("img2img", Bounds(0, 0, width, height), SD1, 0.5, disabled_steps=frozenset({"hires_pass"}))
    )
    assert plan.scale[0] == pytest.approx(plan.scale[1], rel=0.004)  # whole pixels


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_working_pixels_lie_between_the_models_limits(width: int, height: int) -> None:
    working = working_size(Bounds(0, 0, width, height), SD1)
    assert all(64 <= side <= 768 and side % 64 == 0 for side in working)
    if 0.5 < width / height < 2:
        assert 0.75 * 512 * 512 <= working[0] * working[1] <= 1.25 * SD1.max_pixels


@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 10**6))
def test_affordable_padding_is_the_largest_that_fits(width: int, height: int, limit: int) -> None:
    padding = affordable_padding(Bounds(0, 0, width, height), limit)
    assert Bounds(0, 0, width, height).grow(padding + 1).area > limit
    assert padding == 0 or Bounds(0, 0, width, height).grow(padding).area <= limit


@given(plan_inputs(kinds=("inpaint", "img2img", "outpaint"), selected=True))
def test_latent_cells_on_the_selection_are_free_and_nothing_more_is_repainted(given_input: PlanInput) -> None:
    plan = plan_or_skip(given_input)
    if plan.has_edge and plan.hires is None:
        cell = math.ceil(plan.native.latent_cell / min(plan.scale))
        assert plan.grow + plan.overlap >= cell
        assert plan.overlap == 0 or plan.grow + plan.overlap == cell


def test_the_starter_model_repaints_less_since_its_latent_cells_are_smaller() -> None:
    known, unknown = (NativeSize.around(128, 16, cell) for cell in (4, 8))
    starter, other = (
        make_plan(PlanInput("inpaint", PHOTO, n, 1.0, Bounds(600, 400, 40, 40))) for n in (known, unknown)
    )
    assert (starter.feather, other.feather) == (16, 16) and (starter.overlap, other.overlap) == (0, 4)


@given(plan_inputs(kinds=("inpaint", "img2img"), selected=True), st.data())
def test_edges_are_never_wider_for_a_smaller_selection(given_input: PlanInput, data: st.DataObject) -> None:
    first = plan_or_skip(given_input)
    again = make_plan(replace(given_input, selection=data.draw(boxes_inside(first.selection)), layer=None))
    assert again.feather <= first.feather and again.grow <= first.grow


@pytest.mark.parametrize(("side", "feather"), [(1, 8), (16, 8), (20, 10), (32, 16), (60, 16), (120, 17), (400, 48)])
def test_a_retouch_on_a_photo_fades_over_two_latent_cells_and_a_large_edit_over_more(side: int, feather: int) -> None:
    plan = make_plan(PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(600, 400, side, side)))
    assert plan.feather == feather


@pytest.mark.parametrize(("canvas", "feather"), [(8, 2), (32, 4), (64, 8), (200, 16)])
def test_an_edit_of_an_icon_does_not_fade_over_the_whole_icon(canvas: int, feather: int) -> None:
    plan = make_plan(
        PlanInput("inpaint", Bounds(0, 0, canvas, canvas), SD1, 1.0, Bounds(2, 2, canvas // 4, canvas // 4))
    )
    assert plan.feather == feather


def test_a_stronger_edit_sees_more_and_fades_over_more() -> None:
    weak, strong = (make_plan(PlanInput("inpaint", PHOTO, SD1, s, Bounds(400, 300, 400, 400))) for s in (0.3, 1.0))
    assert weak.feather < strong.feather
    assert weak.padding < strong.padding
    assert weak.context.area < strong.context.area


@pytest.mark.parametrize("kind", ["inpaint", "img2img", "txt2img"])
def test_a_selection_beside_the_canvas_is_refused(kind: str) -> None:
    with pytest.raises(BridgeError, match="does not touch the picture") as caught:
        make_plan(PlanInput(kind, PHOTO, SD1, 1.0, Bounds(1600, 0, 50, 50)))
    assert caught.value.code is ErrorCode.EMPTY_SELECTION


def test_a_layer_beside_the_canvas_is_refused() -> None:
    with pytest.raises(BridgeError, match="layer does not touch"):
        make_plan(PlanInput("img2img", PHOTO, SD1, 0.6, layer=Bounds(-50, 0, 50, 50)))


def test_a_crop_above_the_limit_is_refused_with_the_limit_and_the_way_on() -> None:
    with pytest.raises(BridgeError, match=r"400 megapixels.*256 is the limit.*Select a smaller area"):
        make_plan(PlanInput("inpaint", Bounds(0, 0, 20480, 20480), SD1, 1.0))


def test_a_small_selection_on_a_huge_canvas_costs_what_it_costs_on_a_small_one() -> None:
    plan = make_plan(PlanInput("inpaint", Bounds(0, 0, 40000, 40000), SD1, 1.0, Bounds(20000, 20000, 90, 60)))
    assert (plan.context.width, plan.context.height) == (512, 512)


def test_an_unknown_kind_is_a_mistake_in_the_program() -> None:
    with pytest.raises(ValueError, match="'upscale' is not one of"):
        make_plan(PlanInput("upscale", PHOTO, SD1, 1.0))


def test_a_soft_result_is_announced() -> None:
    plan = make_plan(PlanInput("inpaint", PHOTO, SD1, 1.0, disabled_steps=frozenset({"hires_pass"})))
    assert [notice.code for notice in plan.notices] == ["looks_soft"]
    assert "painted once at the model's size and enlarged 2.3 times" in plan.notices[0].message


def test_what_was_not_sent_cannot_be_painted() -> None:
    plan = make_plan(PlanInput("inpaint", PHOTO, SD1, 1.0, Bounds(10, 10, 50, 50)))
    with pytest.raises(BridgeError, match="does not show the selected area") as caught:
        fit_to(plan, Bounds(800, 800, 100, 100))
    assert caught.value.code is ErrorCode.INVALID_REQUEST

"""prepare and compose in the situations users meet."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bridge_server.edit.compose import compose
from bridge_server.edit.prepare import prepare
from bridge_server.edit.source import Source
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import PlanInput, make_plan

from .editor import flatten
from .scenes import Scene, identity, run

NATIVE = NativeSize.around(128, 16)


def scene(picture: np.ndarray, kind: str = "inpaint", mask: np.ndarray | None = None, **options: object) -> Scene:
    defaults = {"strength": 1.0, "margins": (0, 0, 0, 0), "grow": None, "feather": None, "keep": False}
    height, width = picture.shape[:2]
    return Scene(kind, picture, Bounds(0, 0, width, height), mask, **{**defaults, **options})


def box_mask(width: int, height: int, box: Bounds) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[box.y : box.bottom, box.x : box.right] = 255
    return mask


def smooth(width: int, height: int, channels: int = 3) -> np.ndarray:
    """A picture whose details are larger than any working pixel of these tests."""
    soft = cv2.GaussianBlur(np.random.default_rng(5).random((height, width, channels)), (0, 0), 12)
    return np.rint((soft - soft.min()) / np.ptp(soft) * 255).astype(np.uint8)


@pytest.mark.parametrize("side", [40, 100, 128, 130, 200, 417, 640])
def test_a_model_that_changes_nothing_moves_nothing_at_any_scale(side: int) -> None:
    """The result is compared with the picture shifted by a tenth of a pixel: it must fit better unshifted."""
    picture = smooth(side, side)
    done = run(scene(picture, "img2img", strength=0.5), identity, NATIVE)
    got, inner = done.layer.image[:, :, :3].astype(float), slice(8, -8)
    down, across, _ = np.gradient(picture.astype(float))

    def error(dx: float, dy: float) -> float:
        moved = picture - dx * across - dy * down
        return float(np.square(moved - got)[inner, inner].mean())

    here = error(0, 0)
    for dx, dy in ((0.1, 0), (-0.1, 0), (0, 0.1), (0, -0.1)):
        assert here < error(dx, dy)


def test_the_hidden_color_of_transparent_pixels_never_shows() -> None:
    """White paint on transparent black: no gray rim in what the model sees, at any scale."""
    for side in (128, 300, 77):
        picture = np.zeros((side, side, 4), np.uint8)
        picture[side // 4 : side // 2, side // 4 : side // 2] = 255
        picture[side // 2, side // 4 : side // 2] = (255, 255, 255, 90)
        done = run(scene(picture, "img2img", strength=0.5), identity, NATIVE)
        assert done.working.image.min() > 0.99
        shown = done.layer.image[done.layer.image[:, :, 3] > 0]
        assert shown[:, :3].min() >= 254


def test_painting_on_transparent_ground_makes_opaque_paint_with_a_soft_edge() -> None:
    picture = np.zeros((200, 200, 4), np.uint8)
    done = run(scene(picture, mask=box_mask(200, 200, Bounds(70, 60, 40, 40))), lambda i: i * 0 + 0.8, NATIVE)
    after = flatten(picture, Bounds(0, 0, 200, 200), done.layer)
    assert (after[60:100, 70:110] == [204, 204, 204, 255]).all()
    assert len(np.unique(after[80, :, 3])) > 5
    assert (after[after[:, :, 3] > 0][:, :3] == 204).all()


def test_whole_layer_image_to_image_does_not_thicken_soft_edges() -> None:
    picture = smooth(150, 150, 4)
    done = run(scene(picture, "img2img", strength=0.5), identity, NATIVE)
    hidden_source = np.zeros_like(picture)
    after = flatten(hidden_source, Bounds(0, 0, 150, 150), done.layer)
    assert np.array_equal(after[:, :, 3], picture[:, :, 3])


def test_a_soft_edge_blends_the_new_into_the_old() -> None:
    picture = np.full((200, 200, 3), 40, np.uint8)
    done = run(scene(picture, mask=box_mask(200, 200, Bounds(60, 60, 80, 80))), lambda i: i * 0 + 200 / 255, NATIVE)
    after = flatten(picture, Bounds(0, 0, 200, 200), done.layer)[:, :, 0]
    row = after[100].astype(int)
    assert row[0] == 40 and row[100] == 200
    assert (np.diff(row[:100]) >= 0).all() and np.diff(row).max() < 60
    expected = np.rint(40 + 160 * (done.layer.mask / 255.0))
    box = done.layer.bounds
    assert np.abs(after[box.y : box.bottom, box.x : box.right] - expected).max() <= 1


def test_what_is_replaced_is_covered_before_the_model_sees_it() -> None:
    picture = np.full((160, 160, 3), 230, np.uint8)
    picture[60:100, 60:100] = (255, 0, 0)
    mask = box_mask(160, 160, Bounds(58, 58, 44, 44))
    replaced = run(scene(picture, mask=mask), identity, NATIVE)
    kept = run(scene(picture, mask=mask, strength=0.7), identity, NATIVE)
    assert np.allclose(replaced.working.image, 230 / 255, atol=1e-3)
    assert kept.working.image[:, :, 1].min() == 0


@pytest.mark.parametrize("kind", ["inpaint", "img2img"])
def test_a_picture_whose_sides_are_no_multiple_comes_back_as_it_was(kind: str) -> None:
    """It is continued by its mirror image and not resampled, so that even without the last steps nothing changes."""
    picture = np.random.default_rng(1).integers(0, 256, (115, 150, 3), np.uint8)
    mask = box_mask(150, 115, Bounds(30, 30, 120, 85)) if kind == "inpaint" else None
    done = run(
        scene(picture, kind, mask, strength=0.4, disabled_steps=frozenset({"residual", "seam"})), identity, NATIVE
    )
    assert done.working.image.shape == (128, 160, 3)
    assert np.array_equal(flatten(picture, Bounds(0, 0, 150, 115), done.layer)[:, :, :3], picture)


def test_the_mirror_image_at_an_edge_shows_nothing_of_what_is_replaced() -> None:
    picture = np.full((115, 150, 3), 230, np.uint8)
    picture[70:, 110:] = (255, 0, 0)
    done = run(scene(picture, mask=box_mask(150, 115, Bounds(30, 30, 120, 85))), identity, NATIVE)
    assert done.plan.working_bounds.right > 150 and done.plan.working_bounds.bottom > 115
    assert np.allclose(done.working.image, 230 / 255, atol=1e-3)
    assert done.working.mask[-1, -1] == 1


def test_the_border_of_an_outpaint_continues_the_picture() -> None:
    picture = smooth(128, 128) // 2 + 60
    done = run(scene(picture, "outpaint", margins=(32, 0, 0, 32)), identity, NATIVE)
    image = done.working.image
    assert image.min() >= 55 / 255, "no trace of the empty border"
    assert np.abs(np.diff(image, axis=1)).max() < 0.15 and np.abs(np.diff(image, axis=0)).max() < 0.15
    flat = flatten(np.zeros((160, 160, 4), np.uint8), Bounds(-32, 0, 160, 160), done.layer)
    assert (flat[:, :, 3] == 255)[:, :32].all() and (flat[:, :, 3] == 255)[128:].all()


def test_pixels_that_were_not_sent_are_filled_and_never_shown() -> None:
    """A client that sent less than the plan's context, and a runner that did not cut the plan to it."""
    bounds = Bounds(40, 40, 60, 60)
    picture, mask = np.full((60, 60, 3), 120, np.uint8), box_mask(60, 60, Bounds(20, 20, 20, 20))
    source = Source(picture, mask, bounds)
    plan = make_plan(PlanInput("img2img", Bounds(0, 0, 300, 300), NATIVE, 0.5, Bounds(60, 60, 20, 20)))
    assert not bounds.contains(plan.context)
    working = prepare(source, plan)
    assert np.allclose(working.image, 120 / 255, atol=1e-3)
    layer = compose(working.image, source, plan, working)
    assert layer.bounds == plan.target
    assert (layer.image[layer.mask > 0] == [120, 120, 120, 255]).all()


def test_text_to_image_needs_no_picture() -> None:
    plan = make_plan(PlanInput("txt2img", Bounds(0, 0, 300, 200), NATIVE, 1.0))
    source = Source(None, None, plan.context)
    working = prepare(source, plan)
    layer = compose(np.full_like(working.image, 0.4), source, plan, working)
    assert layer.bounds == Bounds(0, 0, 300, 200)
    assert (layer.image == [102, 102, 102, 255]).all() and (layer.mask == 255).all()


def test_a_picture_of_another_size_or_without_numbers_is_refused() -> None:
    plan = make_plan(PlanInput("txt2img", Bounds(0, 0, 128, 128), NATIVE, 1.0))
    source = Source(None, None, plan.context)
    working = prepare(source, plan)
    broken = working.image.copy()
    broken[3, 4, 0] = np.nan
    for generated in (working.image[:-1], broken):
        with pytest.raises(BridgeError) as caught:
            compose(generated, source, plan, working)
        assert caught.value.code is ErrorCode.BAD_OUTPUT


def test_values_a_little_out_of_range_are_clipped_and_do_not_wrap() -> None:
    plan = make_plan(PlanInput("txt2img", Bounds(0, 0, 128, 128), NATIVE, 1.0))
    source = Source(None, None, plan.context)
    working = prepare(source, plan)
    values = np.full_like(working.image, -0.2)
    values[:, 64:] = 1.2
    layer = compose(values, source, plan, working)
    assert (layer.image[:, :64, :3] == 0).all() and (layer.image[:, 64:, :3] == 255).all()


def test_a_profile_that_is_not_supported_is_said_before_any_work() -> None:
    plan = make_plan(PlanInput("inpaint", Bounds(0, 0, 64, 64), NATIVE, 1.0))
    with pytest.raises(BridgeError, match="“Dot Gain 20%” is not known by its name") as caught:
        prepare(Source(np.zeros((64, 64, 3), np.uint8), None, plan.context, "Dot Gain 20%"), plan)
    assert caught.value.code is ErrorCode.UNSUPPORTED

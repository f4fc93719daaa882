"""The promises of the edit core, for any canvas, layer, selection, depth and kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.edit.masks import make_masks
from bridge_server.edit.source import window
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.steps import STEPS

from .editor import flatten, with_alpha
from .scenes import NATIVE, Scene, identity, noise, paint, run, scenes

EXACT = NativeSize(side=1, multiple=1, max_pixels=10**9, min_side=1, max_side=10**6)  # takes any context as it is


def canvas_of(scene: Scene, canvas: Bounds) -> np.ndarray:
    """The document on its canvas, transparent where an outpaint has added pixels."""
    return window(with_alpha(scene.picture), scene.document, canvas)


@given(scenes(kinds=("inpaint", "outpaint", "img2img")), st.sampled_from([NATIVE, EXACT]))
@settings(max_examples=300)
def test_flattening_the_layer_changes_nothing_outside_its_mask_bit_for_bit(scene: Scene, native: NativeSize) -> None:
    done = run(scene, paint(7), native)
    assert done.layer.bounds == done.plan.target
    before = canvas_of(scene, done.plan.canvas)
    after = flatten(before, done.plan.canvas, done.layer)
    shown = window(done.layer.mask, done.layer.bounds, done.plan.canvas)
    assert np.array_equal(after[shown == 0], before[shown == 0])


@given(scenes(kinds=("inpaint", "img2img")))
@settings(max_examples=300)
def test_every_pixel_of_the_layer_comes_from_its_own_place(scene: Scene) -> None:
    """With a model that changes nothing, and no scaling, the layer shows what lies below it: no offset is wrong."""
    weak = Scene(**{**scene.__dict__, "strength": 0.5})
    done = run(weak, identity, EXACT)
    below = window(with_alpha(scene.picture), scene.document, done.layer.bounds)
    opaque = below[:, :, -1] == np.iinfo(below.dtype).max if below.dtype != np.float32 else below[:, :, -1] == 1
    if below.dtype == np.float32:
        assert np.allclose(done.layer.image[opaque], below[opaque], atol=1e-4 if scene.picture.shape[2] < 3 else 1e-6)
    else:
        assert np.array_equal(done.layer.image[opaque], below[opaque])


@given(scenes(kinds=("inpaint", "outpaint", "img2img")))
@settings(max_examples=300)
def test_where_nothing_is_shown_the_layer_holds_the_original(scene: Scene) -> None:
    done = run(scene, paint(3))
    below = window(canvas_of(scene, done.plan.canvas), done.plan.canvas, done.layer.bounds)
    hidden = done.layer.mask == 0
    assert np.array_equal(done.layer.image[hidden], below[hidden])


@given(scenes(kinds=("inpaint", "outpaint", "img2img")))
@settings(max_examples=300)
def test_what_is_repainted_and_what_is_shown_cover_the_selection(scene: Scene) -> None:
    done = run(scene, identity)
    plan, masks = done.plan, make_masks(done.source, done.plan)
    selected = np.full((plan.canvas.height, plan.canvas.width), 255, np.uint8)
    if scene.selection is not None:
        selected = window(scene.selection, scene.document, plan.canvas)
    elif scene.kind == "outpaint":
        inside = plan.document.relative_to(plan.canvas)
        selected[inside.y : inside.bottom, inside.x : inside.right] = 0
    composite = window(masks.composite, plan.target, plan.canvas)
    assert (composite >= selected).all()
    if scene.keep and scene.selection is not None:
        assert np.array_equal(composite, selected)
    if masks.denoise is None:
        assert (done.working.mask == 1).all()
    else:
        assert (window(masks.denoise, plan.context, plan.canvas) >= selected).all()


@given(scenes(kinds=("inpaint", "outpaint"), channels=(3, 4)))
@settings(max_examples=100)
def test_inside_the_mask_the_document_is_what_the_model_painted(scene: Scene) -> None:
    """With every step switched off: matching colours and the seam are what changes it."""
    done = run(replace(scene, disabled_steps=frozenset(STEPS)), paint(5), EXACT)
    after = flatten(canvas_of(scene, done.plan.canvas), done.plan.canvas, done.layer)
    full = window(done.layer.mask, done.layer.bounds, done.plan.canvas) == 255
    painted = window(paint(5)(done.working.image), done.plan.working_bounds, done.plan.canvas)[full]
    got = after[full].astype(np.float64) / (1 if after.dtype == np.float32 else np.iinfo(after.dtype).max)
    assert np.abs(got[:, :3] - painted).max(initial=0) <= 1 / 255 + 1e-6  # dithered
    assert (got[:, 3] == 1).all()


@given(scenes())
@settings(max_examples=200)
def test_depth_and_channels_are_those_of_the_source(scene: Scene) -> None:
    done = run(scene, paint(1))
    image, target = done.layer.image, done.plan.target
    if scene.kind == "txt2img":
        assert image.dtype == np.uint8 and image.shape == (target.height, target.width, 4)
    else:
        assert image.dtype == scene.picture.dtype
        assert image.shape == (target.height, target.width, 2 if scene.picture.shape[2] < 3 else 4)
    assert done.layer.mask.dtype == np.uint8 and done.layer.mask.shape == image.shape[:2]
    assert image.flags.c_contiguous and done.layer.mask.flags.c_contiguous
    working = (done.plan.working_height, done.plan.working_width)
    assert done.working.image.shape == (*working, 3) and done.working.image.dtype == np.float32
    assert done.working.mask.shape == working and done.working.mask.dtype == np.float32
    for array in (done.working.image, done.working.mask):
        assert array.min() >= 0 and array.max() <= 1


@given(scenes(kinds=("txt2img",)))
@settings(max_examples=50)
def test_a_new_picture_keeps_to_its_selection(scene: Scene) -> None:
    done = run(scene, paint(2))
    expected = np.full(scene.picture.shape[:2], 255, np.uint8) if scene.selection is None else scene.selection
    assert np.array_equal(done.layer.mask, window(expected, scene.document, done.layer.bounds))
    assert (done.layer.image[:, :, 3] == 255).all()
    assert (done.working.mask == 1).all()


@given(scenes(kinds=("img2img",), channels=(2, 4)))
@settings(max_examples=100)
def test_image_to_image_keeps_the_alpha_of_a_layer(scene: Scene) -> None:
    whole = Scene(**{**scene.__dict__, "selection": None})
    done = run(whole, paint(4))
    assert (done.layer.mask == 255).all()
    assert np.array_equal(done.layer.image[:, :, -1], scene.picture[:, :, -1])


def test_variations_do_not_disturb_each_other() -> None:
    scene = Scene(
        "inpaint", noise((90, 120, 4), np.uint8, 1), Bounds(0, 0, 120, 90), None, 1.0, (0,) * 4, None, None, False
    )
    done = run(scene, paint(1))
    first = done.layer.image.copy(), done.working.image.copy(), done.working.mask.copy()
    again = run(scene, paint(1))
    assert np.array_equal(again.layer.image, first[0])
    assert np.array_equal(done.working.image, first[1]) and np.array_equal(done.working.mask, first[2])

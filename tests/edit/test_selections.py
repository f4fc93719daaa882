"""Selections as users make them: slivers, holes, parts, inverted, soft, on transparent ground."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.edit.source import window
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize

from .editor import flatten
from .scenes import Outcome, Scene, identity, run

NATIVE = NativeSize.around(128, 16)
CELL = 8  # working pixels of a latent


def edit(picture: np.ndarray, selection: np.ndarray, grow: int | None = None, feather: int | None = None) -> Scene:
    height, width = picture.shape[:2]
    return Scene("inpaint", picture, Bounds(0, 0, width, height), selection, 1.0, (0, 0, 0, 0), grow, feather, False)


def gray(side: int) -> np.ndarray:
    return np.full((side, side, 3), 120, np.uint8)


def shown(done: Outcome) -> np.ndarray:
    return window(done.layer.mask, done.layer.bounds, done.plan.document)


def latents(mask: np.ndarray) -> np.ndarray:
    height, width = mask.shape
    return mask.reshape(height // CELL, CELL, width // CELL, CELL).mean(axis=(1, 3))


@given(
    st.integers(60, 640),
    st.integers(0, 10_000),
    st.sampled_from([None, 0]),
    st.sampled_from([None, 0]),
    st.booleans(),
)
@settings(max_examples=60)
def test_a_sliver_one_pixel_wide_is_really_repainted(
    side: int, seed: int, grow: int | None, feather: int | None, upright: bool
) -> None:
    """At every scale, along all of it: a latent cell on it is wholly free, so that the model paints there."""
    random = np.random.default_rng(seed)
    selection = np.zeros((side, side), np.uint8)
    at, first = int(random.integers(side)), int(random.integers(side // 2))
    last = int(random.integers(first + side // 3, side))
    selection[first:last, at] = 255
    selection = selection if upright else np.ascontiguousarray(selection.T)
    scene = replace(edit(gray(side), selection, grow, feather), disabled_steps=frozenset({"hires_pass"}))
    done = run(scene, lambda image: image * 0 + np.float32(0.9), NATIVE)
    free = latents(done.working.mask) >= 0.999
    lines = free.any(axis=1 if upright else 0)
    context = done.plan.working_bounds
    start, length = (context.y, context.height) if upright else (context.x, context.width)
    cells = (np.array([first + 1, last - 2]) - start) * (len(lines) / length)
    assert lines[int(cells[0]) + 1 : int(cells[1])].all(), "but for its two ends, which are round"
    assert (flatten(gray(side), done.plan.canvas, done.layer)[selection > 0][:, :3] >= 228).all()


def test_a_hole_in_a_selection_stays_unless_the_edge_fills_it() -> None:
    selection = np.zeros((300, 300), np.uint8)
    cv2.circle(selection, (150, 150), 110, 255, -1)
    cv2.circle(selection, (150, 150), 70, 0, -1)
    done = run(edit(gray(300), selection, 4, 12), lambda image: image * 0 + np.float32(0.9), NATIVE)
    assert shown(done)[150, 150] == 0
    assert (flatten(gray(300), done.plan.canvas, done.layer)[120:180, 120:180, :3] == 120).all()


def test_several_parts_are_painted_and_what_lies_between_is_not() -> None:
    selection = np.zeros((400, 400), np.uint8)
    for x, y in ((60, 60), (340, 80), (200, 340)):
        cv2.circle(selection, (x, y), 20, 255, -1)
    done = run(edit(gray(400), selection, 4, 8), lambda image: image * 0 + np.float32(0.9), NATIVE)
    flat = flatten(gray(400), done.plan.canvas, done.layer)[:, :, 0]
    assert (flat[selection > 0] >= 225).all()
    assert cv2.connectedComponents((shown(done) > 0).astype(np.uint8))[0] == 4
    assert flat[200, 200] == 120


def test_an_inverted_selection_leaves_its_middle_alone_and_reaches_all_edges() -> None:
    selection = np.full((300, 300), 255, np.uint8)
    selection[100:200, 100:200] = 0
    done = run(edit(gray(300), selection, 4, 12), lambda image: image * 0 + np.float32(0.9), NATIVE)
    mask = shown(done)
    assert (mask[0] == 255).all() and (mask[-1] == 255).all()
    assert (mask[:, 0] == 255).all() and (mask[:, -1] == 255).all()
    assert (mask[120:180, 120:180] == 0).all()


@pytest.mark.parametrize("side", [90, 200, 500])
def test_what_transparent_pixels_hide_never_shows(side: int) -> None:
    """White on transparent black; the selection crosses the edge of the white; everything painted is white."""
    picture = np.zeros((side, side, 4), np.uint8)
    cv2.circle(picture, (side // 2, side // 2), side // 4, (255, 255, 255, 255), -1, cv2.LINE_AA)
    picture[picture[:, :, 3] == 0] = 0
    picture[picture[:, :, 3] > 0, :3] = 255
    selection = np.zeros((side, side), np.uint8)
    selection[side // 5 : side // 2, side // 5 : side // 2] = 255
    for model in (identity, lambda image: image * 0 + np.float32(1)):
        done = run(edit(picture, selection), model, NATIVE)
        assert done.working.image.min() >= 0.99
        assert (done.layer.image[done.layer.mask > 0][:, :3] >= 253).all()
        assert (flatten(picture, done.plan.canvas, done.layer)[selection > 0] >= 253).all()


@pytest.mark.parametrize("margins", [(40, 0, 0, 0), (0, 25, 0, 60), (130, 7, 64, 200)])
def test_an_outpaint_covers_every_new_pixel_and_leaves_the_document_alone(margins: tuple[int, int, int, int]) -> None:
    picture = np.random.default_rng(2).integers(0, 255, (180, 220, 3), dtype=np.uint8)
    scene = Scene("outpaint", picture, Bounds(0, 0, 220, 180), None, 1.0, margins, None, None, False)
    done = run(scene, lambda image: image * 0 + np.float32(0.5), NATIVE)
    canvas, mask = done.plan.canvas, window(done.layer.mask, done.layer.bounds, done.plan.canvas)
    inside = done.plan.document.relative_to(canvas)
    new = np.ones(mask.shape, bool)
    new[inside.y : inside.bottom, inside.x : inside.right] = False
    assert (mask[new] == 255).all()
    deep = inside.grow(-(done.plan.grow + done.plan.feather))
    assert (mask[deep.y : deep.bottom, deep.x : deep.right] == 0).all() or deep.is_empty
    edge = mask[inside.y : inside.bottom, inside.x : inside.right]
    assert ((edge > 0) & (edge < 255)).any()

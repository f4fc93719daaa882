"""A layer that is filled by example: every depth, profile and edge that a document has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.edit.fill.exemplar import FillOptions, prepare_fill
from bridge_server.edit.filled import filled_layer
from bridge_server.edit.source import Source
from bridge_server.errors import BridgeError
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.by_example import plan_by_example
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan
from bridge_server.plan.plan_input import PlanInput

WIDTH, HEIGHT = 320, 240
HORIZON = 120
FULL = {"u1": 255, "u2": 65535, "f4": 1.0}


def scene(dtype: str, channels: int, brightest: float = 0.9) -> NDArray[Any]:
    """A bright upper and a dark lower half with grain, opaque."""
    grain = np.random.default_rng(3).normal(0, 0.02, (HEIGHT, WIDTH, 1))
    half = np.where(np.arange(HEIGHT)[:, None, None] < HORIZON, brightest, 0.2) + grain
    tint = np.array([1.0] if channels <= 2 else [1.0, 0.9, 0.7])
    values = half * tint
    if channels in (2, 4):
        values = np.dstack((values, np.ones((HEIGHT, WIDTH))))
    scaled = values * FULL[dtype]
    return scaled.astype(dtype) if dtype == "f4" else np.rint(np.clip(scaled, 0, FULL[dtype])).astype(dtype)


def selection() -> NDArray[np.uint8]:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[80:160, 120:200] = 255
    return mask


def plan(kind: str = "inpaint", **more: Any) -> Plan:
    box = None if kind == "outpaint" else more.pop("box", Bounds(120, 80, 80, 80))
    native = NativeSize.around(512, 8)
    return plan_by_example(PlanInput(kind, Bounds(0, 0, WIDTH, HEIGHT), native, strength=1.0, selection=box, **more))


def fill_of(image: NDArray[Any], made: Plan, profile: str | None = None, mask: NDArray[np.uint8] | None = None) -> Any:
    source = Source(image, mask, Bounds(0, 0, WIDTH, HEIGHT), profile)
    return filled_layer(source, made, 1, FillOptions(), lambda done: None)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_is_around_goes_on_at_every_depth(dtype: str, channels: int) -> None:
    image, mask = scene(dtype, channels), selection()
    hidden = image.copy()
    hidden[80:160, 120:200, :1] = FULL[dtype]
    made = plan()
    layer = fill_of(hidden, made, mask=mask)
    assert layer.image.dtype == image.dtype and layer.image.shape[2] == (2 if channels <= 2 else 4)
    at = made.target
    inner = layer.image[80 - at.y : 160 - at.y, 120 - at.x : 200 - at.x].astype(np.float64) / FULL[dtype]
    assert (inner[..., -1] == 1).all()
    assert abs(inner[:35, :, 0].mean() - 0.9) < 0.03 and abs(inner[45:, :, 0].mean() - 0.2) < 0.03
    untouched = layer.mask == 0
    assert untouched.any()
    there = image[at.y : at.bottom, at.x : at.right]
    assert np.array_equal(layer.image[..., 0][untouched], there[..., 0][untouched])


def test_light_above_white_goes_on() -> None:
    image, mask = scene("f4", 3, brightest=6.0), selection()
    hidden = np.where(mask[..., None] > 0, np.float32(0), image)
    made = plan()
    layer = fill_of(hidden, made, "Linear sRGB", mask)
    inner = layer.image[80 - made.target.y : 115 - made.target.y, 130 - made.target.x : 190 - made.target.x, 0]
    assert abs(float(np.median(inner)) - 6.0) < 0.2


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_a_profile_is_kept(dtype: str) -> None:
    image, mask = scene(dtype, 3), selection()
    made = plan()
    layer = fill_of(image, made, "Display P3", mask)
    inner = layer.image[80 - made.target.y : 115 - made.target.y, 130 - made.target.x : 190 - made.target.x, :3]
    assert np.abs(inner.mean(axis=(0, 1)) / FULL[dtype] - [0.9, 0.81, 0.63]).max() < 0.03


@pytest.mark.parametrize("margins", [(60, 0, 0, 0), (0, 40, 0, 0), (0, 0, 50, 50), (30, 30, 30, 30)])
def test_a_new_border(margins: tuple[int, int, int, int]) -> None:
    image, made = scene("u1", 3), plan("outpaint", margins=margins)
    layer = fill_of(image, made)
    rows = np.arange(layer.bounds.y, layer.bounds.bottom)
    outside = np.ones(layer.mask.shape, np.bool_)
    inner = made.document.intersect(layer.bounds).relative_to(layer.bounds)
    outside[inner.y : inner.bottom, inner.x : inner.right] = False
    assert (layer.mask[outside] == 255).all() and (layer.image[..., 3][outside] == 255).all()
    value = layer.image[..., 0] / 255
    above, below = outside & (rows < HORIZON - 4)[:, None], outside & (rows > HORIZON + 4)[:, None]
    assert (value[above] > 0.6).mean() > 0.98 if above.any() else True
    assert (value[below] < 0.5).mean() > 0.98 if below.any() else True


def test_transparent_ground_is_never_copied() -> None:
    image, mask = scene("u1", 4), selection()
    image[:, 230:] = (0, 255, 0, 0)
    made = plan()
    layer = fill_of(image, made, mask=mask)
    inner = layer.image[80 - made.target.y : 160 - made.target.y, 120 - made.target.x : 200 - made.target.x]
    assert not (inner[..., 1].astype(int) > inner[..., 0].astype(int) + 20).any()


def test_keeping_to_the_selection_leaves_no_step_at_its_edge() -> None:
    image, mask = scene("u1", 3), selection()
    made = plan(keep_to_selection=True)
    layer = fill_of(image, made, mask=mask)
    at = made.target
    flat = image.astype(np.float64)
    shown = layer.mask[..., None] / 255.0
    place = (slice(at.y, at.bottom), slice(at.x, at.right))
    flat[place] = flat[place] * (1 - shown) + layer.image[..., :3] * shown
    assert np.array_equal(flat[mask == 0], image[mask == 0])
    columns = np.abs(flat[100:110, 120] - flat[100:110, 119]).mean()
    assert columns < 12  # the grain's own differences are 6


def test_preparing_is_done_again_and_again() -> None:
    prepare_fill()
    prepare_fill()


def test_where_everything_is_selected_a_sentence_says_so() -> None:
    everything = np.full((HEIGHT, WIDTH), 255, np.uint8)
    with pytest.raises(BridgeError, match="nothing around the selection to copy from"):
        fill_of(scene("u1", 3), plan(box=Bounds(0, 0, WIDTH, HEIGHT)), mask=everything)


def test_without_a_picture_nothing_can_be_filled() -> None:
    with pytest.raises(ValueError, match="picture"):
        filled_layer(
            Source(None, selection(), Bounds(0, 0, WIDTH, HEIGHT)), plan(), 1, FillOptions(), lambda done: None
        )

"""What a fill by example copies where the user has picked a picture for it: in every depth and profile, of any size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.edit.compose import Layer
from bridge_server.edit.fill.exemplar import FillOptions
from bridge_server.edit.filled import filled_layer
from bridge_server.edit.sampled import LARGEST, Sample, example_of
from bridge_server.edit.source import Source
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.by_example import plan_by_example
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan_input import PlanInput

CANVAS = Bounds(0, 0, 240, 160)
SELECTED = Bounds(90, 50, 60, 50)
FULL = {"u1": 255, "u2": 65535, "f4": 1.0}


def grained(height: int, width: int, color: tuple[float, ...], dtype: str = "u1") -> NDArray[Any]:
    grain = np.random.default_rng(2).normal(0, 0.02, (height, width, 1))
    values = np.clip(np.array(color) + grain, 0, 1) * FULL[dtype]
    return values.astype(dtype) if dtype == "f4" else np.rint(values).astype(dtype)


def opaque(color: NDArray[Any], alpha: NDArray[np.bool_] | None = None) -> NDArray[Any]:
    shown = np.ones(color.shape[:2], np.bool_) if alpha is None else alpha
    return np.dstack((color, shown * FULL[color.dtype.str[1:]])).astype(color.dtype)


def filled(image: NDArray[Any], sample: Sample | None, profile: str | None = None) -> Layer:
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[SELECTED.y : SELECTED.bottom, SELECTED.x : SELECTED.right] = 255
    plan = plan_by_example(PlanInput("inpaint", CANVAS, NativeSize.around(512, 8), 1.0, SELECTED))
    return filled_layer(Source(image, mask, CANVAS, profile), plan, 1, FillOptions(), lambda done: None, sample)


def inner(layer: Layer, border: int = 12) -> NDArray[np.float64]:
    """Of what is selected, without what fades into the surroundings."""
    x, y = SELECTED.x - layer.bounds.x + border, SELECTED.y - layer.bounds.y + border
    part = layer.image[y : y + SELECTED.height - 2 * border, x : x + SELECTED.width - 2 * border]
    return part.astype(np.float64) / FULL[layer.image.dtype.str[1:]]


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("of", ["u1", "u2", "f4"])
def test_a_picture_of_any_depth_for_a_document_of_any_depth(dtype: str, of: str) -> None:
    image = grained(CANVAS.height, CANVAS.width, (0.2, 0.5, 0.2), dtype)
    layer = filled(image, Sample(grained(70, 300, (0.8, 0.4, 0.3), of), None, None))
    assert layer.image.dtype == image.dtype
    assert np.abs(inner(layer)[..., :3].mean(axis=(0, 1)) - [0.8, 0.4, 0.3]).max() < 0.03


def test_each_has_a_profile_of_its_own() -> None:
    image = grained(CANVAS.height, CANVAS.width, (0.2, 0.5, 0.2), "u2")
    layer = filled(image, Sample(grained(70, 300, (0.5, 0.5, 0.5), "f4"), None, "Linear sRGB"), "Display P3")
    assert np.abs(inner(layer)[..., :3].mean(axis=(0, 1)) - 0.735).max() < 0.03, "as light as 0.5 of light is"


def test_a_gray_document_stays_gray() -> None:
    image = grained(CANVAS.height, CANVAS.width, (0.2,), "u1")
    layer = filled(image, Sample(grained(70, 70, (0.8, 0.4, 0.3)), None, None))
    assert layer.image.shape[2] == 2 and 0.4 < inner(layer)[..., 0].mean() < 0.6


def test_only_what_is_opaque_is_copied() -> None:
    image = grained(CANVAS.height, CANVAS.width, (0.2, 0.5, 0.2))
    shown = np.zeros((120, 200), np.bool_)
    shown[40:80, 100:170] = True
    picture = opaque(np.where(shown[..., None], grained(120, 200, (0.8, 0.4, 0.3)), np.uint8((0, 0, 255))), shown)
    colors = inner(filled(image, Sample(picture, Bounds(-300, 40, 200, 120), None)))
    assert colors[..., 2].max() < 0.5 and abs(colors[..., 0].mean() - 0.8) < 0.03


def test_of_the_layer_itself_what_is_to_go_is_not_copied() -> None:
    """All of the document's layer as the sample, with the red thing that is selected; and another one, of the same
    place, which shows what was behind it.
    """
    image = grained(CANVAS.height, CANVAS.width, (0.2, 0.5, 0.2))
    place = (slice(SELECTED.y, SELECTED.bottom), slice(SELECTED.x, SELECTED.right))
    image[place] = grained(SELECTED.height, SELECTED.width, (0.9, 0.1, 0.1))
    own = inner(filled(image, Sample(opaque(image), CANVAS, None)))
    assert own[..., 0].max() < 0.5, "none of the red"
    behind = grained(SELECTED.height + 20, SELECTED.width + 20, (0.2, 0.2, 0.8))
    elsewhere = Bounds(SELECTED.x - 10, SELECTED.y - 10, SELECTED.width + 20, SELECTED.height + 20)
    assert inner(filled(image, Sample(opaque(behind), elsewhere, None)))[..., 2].mean() > 0.7


@pytest.mark.parametrize("shape", [(30, 30), (6, 40), (3, 3)])
def test_where_nothing_can_be_copied_a_sentence_says_so(shape: tuple[int, int]) -> None:
    image = grained(CANVAS.height, CANVAS.width, (0.2, 0.5, 0.2))
    clear = opaque(grained(*shape, (0.8, 0.4, 0.3)), np.full(shape, min(shape) < 7))
    with pytest.raises(BridgeError, match="“Sample from”: the picture has no opaque place") as refused:
        filled(image, Sample(clear, None, None))
    assert refused.value.code == ErrorCode.INVALID_REQUEST


def test_of_a_large_picture_the_part_by_the_hole() -> None:
    large = np.zeros((3000, 5000, 1), np.uint8)
    large[:, :, 0] = np.arange(5000) // 20
    hole = np.zeros((200, 200), np.bool_)
    hole[80:120, 80:120] = True
    picture = np.zeros((200, 200, 3), np.float32)
    for bounds, first in ((Bounds(-4000, 0, 5000, 3000), 5000 - LARGEST), (None, (5000 - LARGEST) // 2)):
        example = example_of(Sample(large, bounds, None), picture, hole, Bounds(0, 0, 200, 200))
        assert example.picture.shape == (LARGEST, LARGEST, 3)
        assert round(float(example.picture[0, 0, 0]) * 255) == first // 20

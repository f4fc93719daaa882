"""A model's layers in the document: one over the other they give the picture back; what was hidden is the model's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.edit.compose.layer import Layer
from bridge_server.edit.layers import document_layers
from bridge_server.edit.prepare import prepare
from bridge_server.edit.source import Source
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, fit_to, make_plan
from bridge_server.plan.plan_input import PlanInput

NATIVE = NativeSize.around(64, 16, 16)
SIDE = 300  # document pixels, more than a strip
FULL = {"u1": 255, "u2": 65535, "f4": 1}


def scene(dtype: str = "u2", *, opaque: bool = True, gray: bool = False) -> NDArray[Any]:
    """(SIDE, SIDE, 3, 4 or 2): a disc on a gradient, and a texture finer than the model sees."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    disc = np.hypot(rows - 0.5, columns - 0.5) < 0.25
    ground = np.stack([0.3 + 0.4 * rows, 0.3 + 0.4 * columns, np.full_like(rows, 0.5)], axis=2)
    picture = np.where(disc[:, :, None], [0.8, 0.3, 0.2], ground) + 0.1 * ((rows * SIDE) % 2)[:, :, None]
    picture = picture[:, :, :1] if gray else picture
    alpha = np.clip(2 * columns, 0, 1)[:, :, None]
    parts = [picture] if opaque else [picture, alpha]
    return np.rint(np.concatenate(parts, 2) * FULL[dtype]).astype(f"<{dtype}") if dtype != "f4" else np.concatenate(
        parts, 2
    ).astype("<f4")  # fmt: skip


def plan_of(source: Source, selection: Bounds | None = None) -> Plan:
    given = PlanInput("separate", Bounds(0, 0, SIDE, SIDE), NATIVE, 1.0, selection, layer=source.bounds)
    return fit_to(make_plan(given), source.bounds)


def guessed(plan: Plan, *, hole: bool = False) -> NDArray[np.float32]:
    """(3, h, w, 4): what a model might make: a ground, a disc a little off its place, and nothing."""
    height, width = plan.working_height, plan.working_width
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    made = np.zeros((3, height, width, 4), np.float32)
    made[0] = np.stack([0.3 + 0.4 * rows, 0.3 + 0.4 * columns, np.full_like(rows, 0.52), np.ones_like(rows)], 2)
    made[0, ..., 3] = np.where(columns < 0.2, 0, 1) if hole else 1
    made[1, ..., :3] = (0.75, 0.3, 0.25)
    made[1, ..., 3] = np.clip((0.26 - np.hypot(rows - 0.51, columns - 0.5)) * 40, 0, 1)
    return made


def separated(
    image: NDArray[Any], *, selection: Bounds | None = None, mask: NDArray[np.uint8] | None = None, **options: Any
) -> tuple[list[Layer], NDArray[np.float32], Plan]:
    source = Source(image, mask, Bounds(0, 0, SIDE, SIDE))
    plan = plan_of(source, selection)
    made = guessed(plan, hole=options.pop("hole", False))
    shown = prepare(source, plan).composite
    return document_layers(made, source, plan, shown, lambda: None, **{"own_pixels": True, **options}), made, plan


def over(layers: list[Layer]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Colors and alpha of layers one over the other, as an editor shows them: (SIDE, SIDE, n), (SIDE, SIDE)."""
    channels = layers[0].image.shape[2] - 1
    color, alpha = np.zeros((SIDE, SIDE, channels)), np.zeros((SIDE, SIDE))
    for layer in layers:
        box, full = layer.bounds, FULL[layer.image.dtype.str[1:]]
        place = (slice(box.y, box.bottom), slice(box.x, box.right))
        own = layer.image.astype(np.float64) / full
        share = own[:, :, -1] * layer.mask / 255
        color[place] = own[:, :, :-1] * share[:, :, None] + color[place] * (1 - share)[:, :, None]
        alpha[place] = share + alpha[place] * (1 - share)
    return color / np.maximum(alpha, 1e-9)[:, :, None], alpha


@pytest.mark.parametrize("hole", [False, True])
@pytest.mark.parametrize(("dtype", "within"), [("u1", 1.5 / 255), ("u2", 1.5 / 65535), ("f4", 2e-5)])
def test_one_over_the_other_they_give_the_picture_back(dtype: str, within: float, hole: bool) -> None:
    """In its own depth and resolution, though the model saw a fifth of its pixels; also where its ground has a hole."""
    image = scene(dtype)
    layers, _, _ = separated(image, hole=hole)
    assert len(layers) == 2, "the empty one is left out"
    color, alpha = over(layers)
    assert alpha.min() == 1 and all(layer.image.dtype == image.dtype for layer in layers)
    assert np.abs(color - image / FULL[dtype]).max() <= within


def test_what_was_hidden_is_the_models() -> None:
    (ground, disc), _, _ = separated(scene())
    middle = ground.image[SIDE // 2 - 20 : SIDE // 2 + 20, SIDE // 2 - 20 : SIDE // 2 + 20] / 65535
    assert np.abs(middle[:, :, 2] - 0.52).max() < 1e-3, "no texture of the disc, and not its color"
    assert disc.bounds.width < 0.6 * SIDE, "as small as what is in it"


def test_without_its_detail_colors_are_the_models() -> None:
    layers, made, _ = separated(scene(), own_pixels=False)
    assert abs(layers[0].image[5, 5, 2] / 65535 - 0.52) < 1e-4
    disc = layers[1].image[layers[1].image[:, :, 3] == 65535][:, :3] / 65535
    assert np.abs(disc - made[1, 0, 0, :3]).max() < 1e-3


def test_together_they_are_as_transparent_as_the_picture() -> None:
    image = scene(opaque=False)
    color, alpha = over(separated(image)[0])
    assert np.abs(alpha - image[:, :, 3] / 65535).max() < 0.01
    seen = alpha > 0.05
    assert np.abs(color - image[:, :, :3] / 65535)[seen].max() < 0.02


def test_gray_stays_gray() -> None:
    layers, _, _ = separated(scene(gray=True))
    color, _ = over(layers)
    assert layers[0].image.shape[2] == 2
    assert np.abs(color - scene(gray=True) / 65535).max() <= 1.5 / 65535


def test_a_selection_is_the_mask_of_each_layer() -> None:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40:260, 60:280] = 128
    mask[60:240, 80:260] = 255
    layers, _, plan = separated(scene(), selection=Bounds(60, 40, 220, 220), mask=mask)
    assert plan.target == Bounds(60, 40, 220, 220) == layers[0].bounds
    assert np.array_equal(layers[0].mask, mask[40:260, 60:280])
    box = layers[1].bounds
    assert np.array_equal(layers[1].mask, mask[box.y : box.bottom, box.x : box.right])

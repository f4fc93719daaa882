"""A scratch or a wire across a real photograph, filled by example: no smear beside it, and what it crossed goes on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bridge_server.edit.fill.exemplar import FillOptions
from bridge_server.edit.filled import filled_layer
from bridge_server.edit.shape import measure
from bridge_server.edit.source import Source
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.by_example import THIN, plan_by_example
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan_input import PlanInput

COFFEE = Path(__file__).parents[2] / "tools/demo/coffee.png"
CANVAS = Bounds(0, 0, 600, 400)
WIRE = np.array([[40, 380], [200, 350], [420, 370], [580, 300]], np.int32)

Flat = NDArray[np.float64]


def scratched(thickness: int) -> NDArray[np.uint8]:
    """Across the cup's rim, the coffee, the saucer and the table."""
    mask = np.zeros((CANVAS.height, CANVAS.width), np.uint8)
    cv2.line(mask, (30, 60), (560, 330), 255, thickness)
    cv2.polylines(mask, [WIRE], False, 255, thickness)
    return mask


def detail(picture: Flat) -> Flat:
    gray = picture.mean(axis=2)
    return np.abs(gray - cv2.GaussianBlur(gray, (0, 0), 1.5))


@pytest.mark.parametrize("thickness", [2, 4, 6])
def test_a_scratch_across_a_photograph(thickness: int) -> None:
    truth, mask = np.asarray(Image.open(COFFEE).convert("RGB")), scratched(thickness)
    source = Source(np.where(mask[..., None] > 0, np.uint8(255), truth), mask, CANVAS)
    box = Bounds(*cv2.boundingRect(mask))
    shape = measure(source, box, CANVAS)
    plan = plan_by_example(PlanInput("inpaint", CANVAS, NativeSize.around(512, 8), 1.0, box, shape=shape))
    layer = filled_layer(source, plan, 1, FillOptions(), lambda done: None)
    at = layer.bounds
    place, share = (slice(at.y, at.bottom), slice(at.x, at.right)), layer.mask[..., None] / 255.0
    flat = np.where(mask[..., None] > 0, 255.0, truth)
    flat[place] = flat[place] * (1 - share) + layer.image[..., :3] * share
    away = np.asarray(cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 5))
    changed = (np.abs(flat - truth) > 4).any(axis=2)
    assert away[place][layer.mask > 0].max() < 5 and away[changed].max() < 4, "nothing wide beside it"
    inside = mask > 0
    assert detail(flat)[inside].mean() > 0.75 * detail(truth.astype(np.float64))[inside].mean(), "no smear inside"
    assert np.abs(flat - truth)[inside].mean() < 13, "the rim, the spoon and the grain go on"


def test_edges_by_example_never_shrink_when_a_selection_gets_thicker() -> None:
    widths: list[tuple[int, int]] = []
    for thickness in range(1, 3 * THIN):
        box = Bounds(20, 20, 500, thickness)
        plan = plan_by_example(PlanInput("inpaint", CANVAS, NativeSize.around(512, 8), 1.0, box))
        widths.append((plan.grow, plan.feather))
        asked = PlanInput("inpaint", CANVAS, NativeSize.around(512, 8), 1.0, box, grow=9, feather=11)
        assert (plan_by_example(asked).grow, plan_by_example(asked).feather) == (9, 11), "what was asked for stays"
    for before, after in pairwise(widths):
        assert before[0] <= after[0] and before[1] <= after[1]
    assert widths[3] == (2, 2)

"""Thin selections: a scratch, a wire, a hair, a speck. What is changed beside them is no broader than they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bridge_server.edit.shape import measure
from bridge_server.edit.source import Mask, Source, selection_bounds
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, fit_to, make_plan

NATIVES = [NativeSize.around(128, 16, 4), NativeSize.around(512, 64), NativeSize.around(768, 64)]
WIDTH, HEIGHT = 1800, 1200


def planned(mask: Mask, native: NativeSize, strength: float = 1.0) -> tuple[Plan, Plan]:
    """The daemon's plan, of the box, and the worker's, of the mask."""
    canvas = Bounds(0, 0, mask.shape[1], mask.shape[0])
    source = Source(None, mask, canvas)
    box = selection_bounds(source)
    assert box is not None
    first = make_plan(PlanInput("inpaint", canvas, native, strength, box))
    shape = measure(source, box, canvas)
    return first, fit_to(make_plan(PlanInput("inpaint", canvas, native, strength, box, shape=shape)), first.capture)


def drawn(kind: str, thickness: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    if kind == "speck":
        mask[500 : 500 + thickness, 900 : 900 + thickness] = 255
    elif kind == "level":
        mask[500 : 500 + thickness, 200:1600] = 255
    elif kind == "short":
        mask[500:540, 900 : 900 + thickness] = 255
    else:
        cv2.line(mask, (100, 150), (1700, 1050), 255, thickness)
    return mask


@pytest.mark.parametrize("kind", ["speck", "level", "diagonal", "short"])
@pytest.mark.parametrize("native", NATIVES, ids=["starter", "sd1", "other"])
def test_edges_are_no_broader_than_what_is_thin(kind: str, native: NativeSize) -> None:
    widths: list[tuple[int, int]] = []
    for thickness in range(1, 41):
        for strength in (0.5, 1.0):
            first, plan = planned(drawn(kind, thickness), native, strength)
            measured = plan.shape.thickness
            assert measured <= thickness + 6
            assert plan.feather <= max(native.latent_cell, measured // 2) and plan.grow <= max(4, measured // 4)
            assert plan.feather <= first.feather and plan.grow <= first.grow
            assert first.capture.contains(plan.capture)
        widths.append((plan.grow, plan.feather))
    assert widths == sorted(widths), "a thicker selection never gets narrower edges"


@pytest.mark.parametrize("native", NATIVES, ids=["starter", "sd1", "other"])
def test_a_speck_of_three_pixels_makes_a_small_layer(native: NativeSize) -> None:
    """It, what takes its outline along, and a passage of one latent cell; daemon and worker say the same."""
    for plan in planned(drawn("speck", 3), native):
        side = 3 + 2 * (4 + native.latent_cell)
        assert (plan.target.width, plan.target.height) == (side, side)


@pytest.mark.parametrize("kind", ["level", "diagonal"])
@pytest.mark.parametrize("native", NATIVES, ids=["starter", "sd1", "other"])
def test_a_line_that_a_first_pass_would_not_see_is_painted_at_once(kind: str, native: NativeSize) -> None:
    """Else its surroundings, as far as a latent cell of the small first pass reaches, would be painted anew too."""
    for thickness in range(1, 13):
        plan = planned(drawn(kind, thickness), native)[1]
        if plan.hires is not None and thickness * min(plan.scale) <= native.latent_cell / 2:
            assert not plan.hires.first_pass
            assert plan.grow + plan.overlap <= max(plan.grow, 2 * native.latent_cell)

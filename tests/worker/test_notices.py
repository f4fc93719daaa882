"""What the daemon's plan says of a job, and what the worker says when it has the mask, are the same, and true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridge_server.edit.source import Source
from bridge_server.families.registry import builtin
from bridge_server.http.planning import plan_for
from bridge_server.models.catalog import STARTER
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.plan import Plan
from bridge_server.protocol.envelope import JobRequest, PlanRequest
from bridge_server.worker.notices import notices
from bridge_server.worker.request import Order, plan_order

from ..support.envelopes import envelope
from .rig import ref_of

WIDTH, HEIGHT = 1800, 1200
BOXES = [(700, 500, 90, 70), (700, 500, 400, 300), (0, 0, 1800, 1200), (100, 900, 1500, 40), (1300, 800, 180, 180)]


def both(box: tuple[int, int, int, int], *, prompt: str, tiles_with_prompt: bool) -> tuple[Plan, Plan]:
    """The daemon's plan of a box that is selected, and the worker's of its mask."""
    x, y, width, height = box
    model = ref_of(STARTER, hires_with_prompt=tiles_with_prompt)
    shared: dict[str, Any] = {"document": {"width": WIDTH, "height": HEIGHT}}
    selection = {"x": x, "y": y, "width": width, "height": height}
    asked = {"operation": "inpaint", **shared, "selection": selection, "has_prompt": bool(prompt)}
    first = plan_for(PlanRequest.model_validate(asked), model, builtin())
    sent = first.capture
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[y : y + height, x : x + width] = 255
    part = mask[sent.y : sent.bottom, sent.x : sent.right]
    bounds = {"x": sent.x, "y": sent.y, "width": sent.width, "height": sent.height}
    flat = {"kind": "inpaint", **shared, "bounds": bounds, "prompt": prompt}
    request = JobRequest.model_validate(envelope(flat, ("image", "mask")))
    source = Source(np.zeros((*part.shape, 3), np.uint8), np.ascontiguousarray(part), sent)
    return first, plan_order(Order(request, source), model, builtin())


@pytest.mark.parametrize("tiles_with_prompt", [False, True])
@pytest.mark.parametrize("prompt", ["", "red apple"])
@pytest.mark.parametrize("box", BOXES)
def test_plan_and_job_say_the_same_of_what_will_happen(
    box: tuple[int, int, int, int], prompt: str, tiles_with_prompt: bool
) -> None:
    first, again = both(box, prompt=prompt, tiles_with_prompt=tiles_with_prompt)
    assert first.notices == again.notices and first.tiles == again.tiles
    codes = {notice.code for notice in again.notices}
    once = bool(prompt) and not tiles_with_prompt and again.hires is not None and again.hires.first_pass
    assert (again.tiles == 0) == (again.hires is None or once)
    if once:
        assert "takes_long" not in codes
        assert ("looks_soft" in codes) == (min(again.scale) < 0.5)
    text = " ".join(notice.message for notice in again.notices)
    assert ("tiles" in text) == ("takes_long" in codes)
    assert f"{again.tiles} tiles" in text or "takes_long" not in codes


SIDES = ("left", "top", "right", "bottom")
TYPES = {np.uint8: 255, np.uint16: 65535, np.float32: 1.0}


def told_of(picture: np.ndarray, **margins: int) -> list[str]:
    """The codes of an outpaint's notices; all of the picture is sent."""
    height, width = picture.shape[:2]
    flat = {
        "kind": "outpaint",
        "document": {"width": width, "height": height},
        "bounds": {"x": 0, "y": 0, "width": width, "height": height},
        "margins": margins,
    }
    request = JobRequest.model_validate(envelope(flat))
    order = Order(request, Source(picture, None, Bounds(0, 0, width, height)))
    return [notice.code for notice in notices(order, plan_order(order, ref_of(STARTER), builtin()))]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("dtype", TYPES, ids=["8", "16", "float"])
@pytest.mark.parametrize("colors", [1, 3])
def test_an_outpaint_beside_transparent_ground_is_told_of_the_gap(side: str, dtype: type, colors: int) -> None:
    full = TYPES[dtype]
    opaque = np.full((90, 110, colors + 1), full, dtype)
    bordered = opaque.copy()
    bordered[..., -1] = 0
    bordered[30:60, 30:80, -1] = full
    faint = opaque.copy()
    faint[..., -1] = full * 0.9
    one_side = opaque.copy()
    where = {"left": np.s_[:, :30], "top": np.s_[:30], "right": np.s_[:, -30:], "bottom": np.s_[-30:]}
    one_side[where[side]][..., -1] = 0
    other = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}[side]
    assert "transparent_edge" in told_of(bordered, **{side: 40})
    assert "transparent_edge" in told_of(one_side, **{side: 40})
    for picture, margin in ((opaque, side), (faint, side), (one_side, other), (opaque[..., :-1], side)):
        assert "transparent_edge" not in told_of(np.ascontiguousarray(picture), **{margin: 40})


def test_the_selections_are_of_every_kind() -> None:
    """Small, in tiles after a first pass, in tiles at once: each sentence is said of one of them at least."""
    said = {notice.code for box in BOXES for prompt in ("", "x") for notice in _said(box, prompt)}
    assert said == {"takes_long", "looks_soft"}
    assert not _said(BOXES[0], "x")


def _said(box: tuple[int, int, int, int], prompt: str) -> list[Any]:
    return [notice for plan in both(box, prompt=prompt, tiles_with_prompt=False) for notice in plan.notices]


def test_what_is_read_and_sent_does_not_depend_on_the_prompt() -> None:
    for box in BOXES:
        plain, worded = (both(box, prompt=prompt, tiles_with_prompt=False)[0] for prompt in ("", "red apple"))
        assert (plain.capture, plain.target) == (worded.capture, worded.target)
        assert plain.at_hires.scale == worded.at_hires.scale

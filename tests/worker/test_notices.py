"""What the daemon's plan says of a job, and what the worker says when it has the mask, are the same, and true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridge_server.edit.source import Source
from bridge_server.http.planning import plan_for
from bridge_server.models.catalog import STARTER
from bridge_server.plan.plan import Plan
from bridge_server.protocol.messages import JobRequest, PlanRequest
from bridge_server.worker.request import Order, plan_order

from .rig import ref_of

WIDTH, HEIGHT = 1800, 1200
BOXES = [(700, 500, 90, 70), (700, 500, 400, 300), (0, 0, 1800, 1200), (100, 900, 1500, 40), (1300, 800, 180, 180)]


def both(box: tuple[int, int, int, int], *, prompt: str, tiles_with_prompt: bool) -> tuple[Plan, Plan]:
    """The daemon's plan of a box that is selected, and the worker's of its mask."""
    x, y, width, height = box
    model = ref_of(STARTER, refine_with_prompt=tiles_with_prompt)
    shared: dict[str, Any] = {"kind": "inpaint", "document": {"width": WIDTH, "height": HEIGHT}}
    selection = {"x": x, "y": y, "width": width, "height": height}
    first = plan_for(PlanRequest(**shared, selection=selection, has_prompt=bool(prompt)), model)  # type: ignore[arg-type]
    sent = first.capture
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[y : y + height, x : x + width] = 255
    part = mask[sent.y : sent.bottom, sent.x : sent.right]
    bounds = {"x": sent.x, "y": sent.y, "width": sent.width, "height": sent.height}
    request = JobRequest(**shared, bounds=bounds, prompt=prompt)  # type: ignore[arg-type]
    source = Source(np.zeros((*part.shape, 3), np.uint8), np.ascontiguousarray(part), sent)
    return first, plan_order(Order(request, source), model)


@pytest.mark.parametrize("tiles_with_prompt", [False, True])
@pytest.mark.parametrize("prompt", ["", "red apple"])
@pytest.mark.parametrize("box", BOXES)
def test_plan_and_job_say_the_same_of_what_will_happen(
    box: tuple[int, int, int, int], prompt: str, tiles_with_prompt: bool
) -> None:
    first, again = both(box, prompt=prompt, tiles_with_prompt=tiles_with_prompt)
    assert first.notices == again.notices and first.tiles == again.tiles
    codes = {notice.code for notice in again.notices}
    once = bool(prompt) and not tiles_with_prompt and again.refine is not None and again.refine.first_pass
    assert (again.tiles == 0) == (again.refine is None or once)
    if once:
        assert "takes_long" not in codes
        assert ("looks_soft" in codes) == (min(again.scale) < 0.5)
    text = " ".join(notice.message for notice in again.notices)
    assert ("tiles" in text) == ("takes_long" in codes)
    assert f"{again.tiles} tiles" in text or "takes_long" not in codes


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
        assert plain.refined.scale == worded.refined.scale

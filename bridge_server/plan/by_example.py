"""The plan of a fill by example: nothing is scaled, and more of the surroundings are looked at than a model would."""

from __future__ import annotations

import math
from dataclasses import replace

from .bounds import Bounds
from .limits import MAX_CROP_PIXELS
from .native import NativeSize
from .plan import Plan, make_plan
from .plan_input import PlanInput

ANY_SIZE = NativeSize(
    side=1, multiple=1, max_pixels=MAX_CROP_PIXELS, min_side=1, max_side=math.isqrt(2**62), latent_cell=1
)
LEAST_AROUND = 192  # document pixels: what is copied from, on all sides
MOST_AROUND = 1280
THIN = 40  # document pixels: a scratch, a wire
NARROWEST = 2  # document pixels that grow and feather have at least: the antialiased outline of what was selected


def plan_by_example(given: PlanInput) -> Plan:
    """As make_plan, which see for what it raises. given.native does not count.

    The edges of thin selections are narrower than a model's, since a fill needs no passage from old to new, and what
    it makes of a scratch is the further from what was there the wider it is.
    """
    around = automatic_padding(given) if given.padding is None else given.padding
    given = replace(given, native=ANY_SIZE, padding=around, whole_only=True)
    plan = make_plan(given)
    if given.planner == "outpaint" or plan.shape.thickness >= THIN:
        return plan
    most = max(NARROWEST, plan.shape.thickness // 8)
    grow = min(plan.grow, most) if given.grow is None else given.grow
    feather = min(plan.feather, most) if given.feather is None else given.feather
    return make_plan(replace(given, grow=grow, feather=feather))


def automatic_padding(given: PlanInput) -> int:
    """In document pixels, where none is given: the longer side of what is selected, or twice the widest margin."""
    selection = given.selection or Bounds(0, 0, 0, 0)
    longest = 2 * max(given.margins) if given.planner == "outpaint" else max(selection.width, selection.height)
    return max(LEAST_AROUND, min(MOST_AROUND, longest))

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


def plan_by_example(given: PlanInput) -> Plan:
    """As make_plan, which see for what it raises. given.native does not count."""
    around = automatic_padding(given) if given.padding is None else given.padding
    return make_plan(replace(given, native=ANY_SIZE, padding=around, whole_only=True))


def automatic_padding(given: PlanInput) -> int:
    """In document pixels, where none is given: the longer side of what is selected, or twice the widest margin."""
    selection = given.selection or Bounds(0, 0, 0, 0)
    longest = 2 * max(given.margins) if given.planner == "outpaint" else max(selection.width, selection.height)
    return max(LEAST_AROUND, min(MOST_AROUND, longest))

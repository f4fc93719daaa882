"""A plan as a few lines of text that can be read and judged."""

from __future__ import annotations

from bridge_server.plan.bounds import Bounds
from bridge_server.plan.hires import HiresPass
from bridge_server.plan.plan import Plan


def describe(plan: Plan) -> str:
    """Boxes as `width x height at x,y` in document pixels."""
    across, down = plan.scale
    lines = [
        f"{plan.planner} at strength {plan.strength:g}, document {_box(plan.document)}",
        f"  canvas     {_box(plan.canvas)}",
        f"  selection  {_box(plan.selection)}{'  kept to' if plan.keep_to_selection else ''}",
        f"  target     {_box(plan.target):<28}grow {plan.grow}, feather {plan.feather}",
        f"  context    {_box(plan.context):<28}padding {plan.padding}, overlap {plan.overlap}",
        f"  capture    {_box(plan.capture) if plan.needs_image else 'no picture'}",
        *(
            []
            if plan.working_bounds == plan.context
            else [f"  shows      {_box(plan.working_bounds)}, mirrored beyond the context"]
        ),
        f"  working    {plan.working_width} x {plan.working_height}, scale {across:.3f} x {down:.3f}",
    ]
    if plan.hires is not None:
        lines.append(_hires(plan.hires, plan.at_hires.scale))
    return "\n".join(lines + [f"  notice     {notice.code}: {notice.message}" for notice in plan.notices])


def _hires(hires: HiresPass, scale: tuple[float, float]) -> str:
    widest, tallest = max(tile.width for tile in hires.tiles), max(tile.height for tile in hires.tiles)
    first = "" if hires.first_pass else ", without a first pass"
    return (
        f"  hires      {hires.width} x {hires.height}, scale {scale[0]:.3f} x {scale[1]:.3f}, {len(hires.tiles)} "
        f"tiles of {widest} x {tallest}, strength {hires.strength:g}{first}"
    )


def _box(box: Bounds) -> str:
    return f"{box.width} x {box.height} at {box.x},{box.y}"

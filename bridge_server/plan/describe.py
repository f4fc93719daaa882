"""A plan as a few lines of text, for logs, tests and people."""

from __future__ import annotations

from .bounds import Bounds
from .plan import Plan
from .refine import Refine


def describe(plan: Plan) -> str:
    """Boxes as `width x height at x,y` in document pixels."""
    across, down = plan.scale
    lines = [
        f"{plan.kind} at strength {plan.strength:g}, document {_box(plan.document)}",
        f"  canvas     {_box(plan.canvas)}",
        f"  selection  {_box(plan.selection)}{'  kept to' if plan.keep_to_selection else ''}",
        f"  target     {_box(plan.target):<28}grow {plan.grow}, feather {plan.feather}",
        f"  context    {_box(plan.context):<28}padding {plan.padding}, overlap {plan.overlap}",
        f"  capture    {_box(plan.capture) if plan.needs_image else 'no picture'}",
        *([] if plan.frame == plan.context else [f"  frame      {_box(plan.frame)}, mirrored beyond the context"]),
        f"  working    {plan.working_width} x {plan.working_height}, scale {across:.3f} x {down:.3f}",
    ]
    if plan.refine is not None:
        lines.append(_refine(plan.refine, plan.refined.scale))
    return "\n".join(lines + [f"  notice     {notice.code}: {notice.message}" for notice in plan.notices])


def _refine(refine: Refine, scale: tuple[float, float]) -> str:
    widest, tallest = max(tile.width for tile in refine.tiles), max(tile.height for tile in refine.tiles)
    first = "" if refine.first_pass else ", without a first pass"
    return (
        f"  refined    {refine.width} x {refine.height}, scale {scale[0]:.3f} x {scale[1]:.3f}, {len(refine.tiles)} "
        f"tiles of {widest} x {tallest}, strength {refine.strength:g}{first}"
    )


def _box(box: Bounds) -> str:
    return f"{box.width} x {box.height} at {box.x},{box.y}"

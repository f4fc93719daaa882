"""A plan as a few lines of text, for logs, tests and people."""

from __future__ import annotations

from .bounds import Bounds
from .plan import Plan


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
        f"  working    {plan.working_width} x {plan.working_height}, scale {across:.3f} x {down:.3f}",
    ]
    return "\n".join(lines + [f"  warning    {warning}" for warning in plan.warnings])


def _box(box: Bounds) -> str:
    return f"{box.width} x {box.height} at {box.x},{box.y}"

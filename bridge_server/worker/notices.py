"""What a user is told of a job once its request has arrived, before it is painted."""

from __future__ import annotations

import numpy as np

from ..edit.color import FULL, has_alpha
from ..edit.source import window
from ..plan.bounds import Bounds
from ..plan.plan import Plan
from ..plan.warnings import Notice
from ..protocol.limits import FAINT
from .prompt_syntax import sentence_about
from .request import Order, faint_left_out

CLEAR = 0.25  # of full opacity: below, a pixel's own colour is not taken as it is
GAP = 0.02  # the share of an edge that is clear, from which on there is a gap to speak of


def notices(order: Order, plan: Plan) -> list[Notice]:
    """The plan's own, and what the request's pixels and words give rise to."""
    return [*plan.notices, *_faint(order, plan), *_transparent_edge(order, plan), *_prompt(order)]


def _faint(order: Order, plan: Plan) -> list[Notice]:
    count = faint_left_out(order, plan)
    if not count:
        return []
    pixels, were = ("1 pixel", "was") if count == 1 else (f"{count} pixels", "were")
    share = f"{FAINT / 255:.0%}"
    text = f"{pixels} far from the rest {were} selected by {share} or less, which cannot show, and {were} left out."
    return [Notice("faint_selection", text)]


def _transparent_edge(order: Order, plan: Plan) -> list[Notice]:
    """Whether an outpaint begins beside transparent ground, deeper inside than its soft edge reaches."""
    source = order.source
    grows = any(output.grows_canvas for output in order.request.spec.outputs.values())
    if not grows or source.image is None or not has_alpha(source.image):
        return []
    document, canvas, depth = plan.document, plan.canvas, plan.grow + plan.feather
    inner = Bounds.from_edges(
        document.x + (depth if canvas.x < document.x else 0),
        document.y + (depth if canvas.y < document.y else 0),
        document.right - (depth if canvas.right > document.right else 0),
        document.bottom - (depth if canvas.bottom > document.bottom else 0),
    )
    lines = (
        Bounds(inner.x, inner.y, 1 if canvas.x < document.x else 0, inner.height),
        Bounds(inner.x, inner.y, inner.width, 1 if canvas.y < document.y else 0),
        Bounds(inner.right - 1, inner.y, 1 if canvas.right > document.right else 0, inner.height),
        Bounds(inner.x, inner.bottom - 1, inner.width, 1 if canvas.bottom > document.bottom else 0),
    )
    alpha = source.image[:, :, -1]
    seen = [window(alpha, source.bounds, line.intersect(source.bounds)) for line in lines if not line.is_empty]
    pixels = sum(part.size for part in seen)
    clear = sum(int(np.count_nonzero(part < CLEAR * FULL[alpha.dtype])) for part in seen)
    if not pixels or clear < GAP * pixels:
        return []
    text = (
        "The picture is transparent along its edge, so a transparent gap stays between it and the new border. "
        "Crop the image to its content first, or put something behind it."
    )
    return [Notice("transparent_edge", text)]


def _prompt(order: Order) -> list[Notice]:
    text = sentence_about((order.request.options.prompt, order.request.options.negative_prompt))
    return [] if text is None else [Notice("prompt_syntax", text)]

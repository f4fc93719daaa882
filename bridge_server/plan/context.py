"""Which box the new layer covers and which box the model sees, in document pixels."""

from __future__ import annotations

from dataclasses import dataclass

from .bounds import Bounds

Margins = tuple[int, int, int, int]  # left, top, right, bottom: document pixels added to each side of the canvas


@dataclass(frozen=True)
class Reach:
    """How far an edit goes beyond its selection: `shown` of its `edge` (less where the edit keeps to the selection) is
    visible, `padding` beyond the edge is only seen by the model.
    """

    shown: int
    edge: int
    padding: int


def around_selection(selection: Bounds, canvas: Bounds, reach: Reach, native_resolution: int) -> tuple[Bounds, Bounds]:
    """target and context of an edit of a selection; the context is shifted, not cut, to lie on the canvas."""
    target = selection.grow(reach.shown).intersect(canvas)
    seen = selection.grow(reach.edge).intersect(canvas)
    return target, seen.grow(reach.padding).grow_to(native_resolution, native_resolution).shift_inside(canvas)


def around_margins(document: Bounds, margins: Margins, reach: Reach, native_resolution: int) -> tuple[Bounds, Bounds]:
    """target and context of an outpaint: all that is added, and beside it at least as much of the document."""
    canvas = document.pad(*margins)
    target = border(document, margins, (reach.shown, reach.shown, reach.shown, reach.shown))
    inner = reach.edge + reach.padding
    left, top, right, bottom = margins
    beside = (
        max(inner, left, native_resolution - left),
        max(inner, top, native_resolution - top),
        max(inner, right, native_resolution - right),
        max(inner, bottom, native_resolution - bottom),
    )
    context = border(document, margins, beside)
    return target, context.grow_to(native_resolution, native_resolution).shift_inside(canvas)


def border(document: Bounds, margins: Margins, inner: Margins) -> Bounds:
    """The box around the strips that the margins add and `inner` pixels of the document along each of them.

    One margin: one strip. Two opposite or adjacent ones: the whole canvas, since a layer is a box.
    """
    canvas = document.pad(*margins)
    left, top, right, bottom = margins
    into_left, into_top, into_right, into_bottom = inner
    box = Bounds(canvas.x, canvas.y, 0, 0)
    if left:
        box = box.union(Bounds.from_edges(canvas.x, canvas.y, document.x + into_left, canvas.bottom))
    if top:
        box = box.union(Bounds.from_edges(canvas.x, canvas.y, canvas.right, document.y + into_top))
    if right:
        box = box.union(Bounds.from_edges(document.right - into_right, canvas.y, canvas.right, canvas.bottom))
    if bottom:
        box = box.union(Bounds.from_edges(canvas.x, document.bottom - into_bottom, canvas.right, canvas.bottom))
    return box.intersect(canvas)

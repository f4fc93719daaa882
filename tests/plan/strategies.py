"""Any job a plug-in could ask a plan for: canvases from one pixel to beyond GIMP's usual, selections anywhere."""

from __future__ import annotations

from hypothesis import strategies as st

from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import PlanInput

NATIVES = [NativeSize.around(*size) for size in ((512, 64), (512, 8), (768, 64), (1024, 64), (128, 16))]
sides = st.one_of(st.integers(1, 64), st.integers(64, 3000), st.sampled_from([8, 512, 4096, 16384, 40000]))
widths = st.none() | st.integers(0, 600)


@st.composite
def documents(draw: st.DrawFn) -> Bounds:
    return Bounds(0, 0, draw(sides), draw(sides))


@st.composite
def boxes_touching(draw: st.DrawFn, canvas: Bounds) -> Bounds:
    """A box that shares at least one pixel with the canvas, and may leave it on every side."""
    left = draw(st.integers(canvas.x - canvas.width, canvas.right - 1))
    top = draw(st.integers(canvas.y - canvas.height, canvas.bottom - 1))
    right = draw(st.integers(max(left, canvas.x) + 1, canvas.right + canvas.width))
    bottom = draw(st.integers(max(top, canvas.y) + 1, canvas.bottom + canvas.height))
    return Bounds.from_edges(left, top, right, bottom)


@st.composite
def boxes_inside(draw: st.DrawFn, outer: Bounds) -> Bounds:
    left = draw(st.integers(outer.x, outer.right - 1))
    top = draw(st.integers(outer.y, outer.bottom - 1))
    right, bottom = draw(st.integers(left + 1, outer.right)), draw(st.integers(top + 1, outer.bottom))
    return Bounds.from_edges(left, top, right, bottom)


@st.composite
def plan_inputs(
    draw: st.DrawFn, kinds: tuple[str, ...] = ("inpaint", "outpaint", "img2img", "txt2img"), selected: bool = False
) -> PlanInput:
    kind = draw(st.sampled_from(kinds))
    document = draw(documents())
    margins = (0, 0, 0, 0)
    if kind == "outpaint":
        margins = draw(st.tuples(*[st.sampled_from([0, 1, 7, 64, 500, 5000])] * 4).filter(any))
    return PlanInput(
        planner=kind,
        document=document,
        native=draw(st.sampled_from(NATIVES)),
        strength=draw(st.sampled_from([0.01, 0.25, 0.6, 1.0])),
        selection=draw(boxes_touching(document) if selected else st.none() | boxes_touching(document)),
        layer=draw(st.none() | boxes_touching(document)),
        margins=margins,
        grow=draw(widths),
        feather=draw(widths),
        padding=draw(widths),
        keep_to_selection=draw(st.booleans()),
    )

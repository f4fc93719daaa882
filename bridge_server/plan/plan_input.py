"""What is asked for, and what follows from it alone: the box that is meant, and how wide its edges are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from ..errors import BridgeError, ErrorCode
from .bounds import Bounds
from .context import Margins, Reach, around_margins, around_selection
from .edges import GROW_MIN, affordable_padding, auto_feather, auto_grow, auto_padding, auto_seam, within_clearance
from .limits import MAX_CROP_PIXELS
from .native import NativeSize
from .shape import Shape, shape_of_box
from .warnings import LARGE_PIXELS
from .working import limit_aspect

PLANNERS = ("inpaint", "outpaint", "img2img", "txt2img", "edit", "separate")
OF_LAYER = ("img2img", "edit", "separate")  # of which, with nothing selected, the whole layer is meant
SHOWN = ("edit",)  # of which the model begins from noise, and is shown the picture as its first reference
AT_ONCE = (*SHOWN, "separate")  # of which the model sees all of the picture, and there is no second pass
EXACT = ("txt2img", "separate")  # of which the new layer covers the selection's box, with no edge around it


@dataclass(frozen=True)
class PlanInput:
    """What is to be done. Boxes in document pixels; grow, feather and padding in document pixels, None = automatic.

    planner: which of PLANNERS finds the boxes.
    selection: the box of what is selected, None = everything (for OF_LAYER: all of `layer`, or of the document).
    strength: 0.01 to 1. disabled_steps: names of steps.STEPS that are switched off. max_crop_pixels: the most pixels
    that the context and the new layer may each have. shape: what is known of the selection beyond its box.
    whole_only: an area far larger than the model's size is painted once and enlarged, not again in tiles.
    """

    planner: str
    document: Bounds
    native: NativeSize
    strength: float
    selection: Bounds | None = None
    layer: Bounds | None = None
    margins: Margins = (0, 0, 0, 0)
    grow: int | None = None
    feather: int | None = None
    padding: int | None = None
    keep_to_selection: bool = False
    disabled_steps: frozenset[str] = frozenset()
    max_crop_pixels: int = MAX_CROP_PIXELS
    shape: Shape | None = None
    whole_only: bool = False


class EdgeOptions(Protocol):
    """What a request says of its edges and steps: document pixels or "auto", and names of steps.STEPS."""

    @property
    def grow(self) -> int | Literal["auto"]: ...
    @property
    def feather(self) -> int | Literal["auto"]: ...
    @property
    def padding(self) -> int | Literal["auto"]: ...
    @property
    def keep_to_selection(self) -> bool: ...
    @property
    def disabled_steps(self) -> Sequence[str]: ...


def with_edges(given: PlanInput, options: EdgeOptions) -> PlanInput:
    return replace(
        given,
        grow=None if options.grow == "auto" else options.grow,
        feather=None if options.feather == "auto" else options.feather,
        padding=None if options.padding == "auto" else options.padding,
        keep_to_selection=options.keep_to_selection,
        disabled_steps=frozenset(options.disabled_steps),
    )


def has_edge(given: PlanInput) -> bool:
    """Whether there is an edge to treat, between what is repainted and what is kept."""
    return given.planner == "outpaint" or (given.planner not in EXACT and given.selection is not None)


def widths(given: PlanInput, selection: Bounds, canvas: Bounds) -> tuple[int, int, int]:
    """grow, feather and padding, in document pixels."""
    if not has_edge(given):
        return 0, 0, 0
    if given.planner == "outpaint":
        feather, grow = auto_seam(given.margins, canvas), GROW_MIN
        padding = 0
    else:
        shape = given.shape or shape_of_box(selection)
        feather = auto_feather(shape, canvas, given.strength, given.native.latent_cell)
        grow = auto_grow(shape)
        grow, feather = within_clearance(grow, feather, shape.clearance)
        padding = auto_padding(selection, canvas, given.strength, given.native.side)
    grow = grow if given.grow is None else given.grow
    feather = feather if given.feather is None else given.feather
    padding = padding if given.padding is None else given.padding
    side = given.native.side
    seen = selection.grow(grow + feather).intersect(canvas).grow_to(side, side).shift_inside(canvas)
    return grow, feather, min(padding, affordable_padding(seen, comfortable_pixels(given)))


def selected_box(given: PlanInput, canvas: Bounds) -> Bounds:
    """The box to repaint, on the canvas."""
    if given.planner == "outpaint":
        return canvas
    whole = given.layer if given.planner in OF_LAYER and given.layer is not None else given.document
    selection = (whole if given.selection is None else given.selection).intersect(canvas)
    if selection.is_empty:
        what = "selection" if given.selection is not None else "layer"
        raise BridgeError(
            ErrorCode.EMPTY_SELECTION,
            f"The {what} does not touch the picture, so there is nothing to paint. Select an area on the canvas.",
        )
    return selection


def boxes(given: PlanInput, canvas: Bounds, selection: Bounds, reach: Reach) -> tuple[Bounds, Bounds]:
    """target and context."""
    side = given.native.side
    if given.planner == "outpaint":
        target, context = around_margins(given.document, given.margins, reach, side)
    elif given.selection is None:
        return selection, selection
    elif given.planner in EXACT:
        target = context = selection
    else:
        target, context = around_selection(selection, canvas, reach, side)
    return target, limit_aspect(context, canvas, comfortable_pixels(given))


def comfortable_pixels(given: PlanInput) -> int:
    """The most pixels of context for the sake of surroundings and shape; only what is selected may have more."""
    return min(given.max_crop_pixels, LARGE_PIXELS)


def check_size(pixels: int, limit: int) -> None:
    if pixels > limit:
        raise BridgeError(
            ErrorCode.TOO_MANY_PIXELS,
            f"This needs {pixels / 2**20:.0f} megapixels at once; {limit / 2**20:.0f} is the limit. "
            "Select a smaller area, or scale the image down.",
        )

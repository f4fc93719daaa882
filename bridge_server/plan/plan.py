"""From a selection to the boxes of a job: canvas ⊇ context ⊇ target, capture = context on the document.

Document -> canvas (document and outpaint margins). Selection -> grow -> feather -> target, where the layer will lie.
Target -> padding -> native side -> shifted inside the canvas -> context, what the model sees. Context -> working size,
what it sees it at; and where that is far less than the context's own, a second pass in tiles (refine.py).

The same function plans twice. The daemon plans from the selection's box before a pixel is read, and the client sends
what `capture` says. The worker plans again from the box of the mask that arrived, which is never larger, and calls
`fit_to` with the box that was sent: see there for what holds then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ..errors import BridgeError, ErrorCode
from .bounds import Bounds
from .context import Margins, Reach, around_margins, around_selection
from .edges import GROW_MIN, affordable_padding, auto_feather, auto_grow, auto_padding, auto_seam
from .families import NativeSize
from .refine import LATENT_CELL, REFINE_BELOW, Refine, plan_refine
from .warnings import LARGE_PIXELS, size_warnings
from .working import fit_working, limit_aspect

KINDS = ("inpaint", "outpaint", "img2img", "txt2img")
MAX_CROP_PIXELS = 256 * 1024 * 1024  # 16384 x 16384


@dataclass(frozen=True)
class PlanInput:
    """What is to be done. Boxes in document pixels; grow, feather and padding in document pixels, None = automatic.

    selection: the box of what is selected, None = everything (for img2img: all of `layer`, or of the document).
    strength: 0 to 1. without: names of steps.STEPS that are switched off. max_crop_pixels: the most pixels that the
    context and the new layer may each have.
    """

    kind: str
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
    without: frozenset[str] = frozenset()
    max_crop_pixels: int = MAX_CROP_PIXELS


@dataclass(frozen=True)
class Plan:
    """The boxes of a job, in document pixels; the working size in the model's pixels.

    canvas: the document, larger by the margins of an outpaint. context: what the model sees. capture: what of the
    context lies on the document: what is read and sent. target: what the new layer covers. selection: the box of what
    is meant, on the canvas (outpaint: the canvas).
    grow: pixels beyond the selection that the result covers at full opacity. feather: pixels beyond those over which it
    fades out. overlap: pixels that denoising reaches beyond that, about one latent cell. padding: surroundings.
    All four are 0 where everything is repainted, and for txt2img, which keeps to the selection as it is: has_edge is
    False then.
    refine: the second pass, where there is one; the first, at the working size, then only settles what is where.
    """

    kind: str
    document: Bounds
    canvas: Bounds
    context: Bounds
    capture: Bounds
    target: Bounds
    selection: Bounds
    working_width: int
    working_height: int
    grow: int
    feather: int
    overlap: int
    padding: int
    strength: float
    keep_to_selection: bool
    has_edge: bool
    needs_image: bool
    native: NativeSize
    refine: Refine | None = None
    without: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()

    def does(self, step: str) -> bool:
        """Whether a step of steps.STEPS is to be made."""
        return step not in self.without

    @property
    def scale(self) -> tuple[float, float]:
        """Working pixels per document pixel, horizontally and vertically."""
        return self.working_width / self.context.width, self.working_height / self.context.height

    @property
    def refined(self) -> Plan:
        """The same plan at the size of its second pass: what is prepared for the tiles, and composed from them. The
        plan itself where there is only one pass.
        """
        if self.refine is None:
            return self
        return replace(self, working_width=self.refine.width, working_height=self.refine.height)

    @property
    def replaces_content(self) -> bool:
        """Nothing of the old picture is to shine through: it is covered before denoising starts."""
        return self.kind == "inpaint" and self.strength >= 1.0


def make_plan(given: PlanInput) -> Plan:
    """Plan a job. Raises BridgeError (empty_selection, too_many_pixels) with what the painter can do.

    Raises ValueError for a kind that is not one of KINDS, and for a document without pixels.
    """
    if given.kind not in KINDS:
        raise ValueError(f"{given.kind!r} is not one of {', '.join(KINDS)}")
    if given.document.is_empty:
        raise ValueError("a document has at least one pixel")
    canvas = given.document.pad(*given.margins) if given.kind == "outpaint" else given.document
    selection = _selection(given, canvas)
    grow, feather, padding = _widths(given, selection, canvas)
    visible = 0 if given.keep_to_selection else grow + feather
    target, context = _boxes(given, canvas, selection, Reach(visible, grow + feather, padding))
    _check_size(max(context.area, target.area), given.max_crop_pixels)
    plan = Plan(
        kind=given.kind,
        document=given.document,
        canvas=canvas,
        context=context,
        capture=context.intersect(given.document),
        target=target,
        selection=selection,
        working_width=0,
        working_height=0,
        grow=grow,
        feather=feather,
        overlap=0,
        padding=padding,
        strength=given.strength,
        keep_to_selection=given.keep_to_selection,
        has_edge=_has_edge(given),
        needs_image=given.kind != "txt2img",
        native=given.native,
        without=given.without,
    )
    everything = given.kind != "outpaint" and given.selection is None
    return _with_context(plan, context, context if everything else canvas, _comfortable(given))


def fit_to(plan: Plan, sent: Bounds) -> Plan:
    """The plan, confined to the box of pixels that a client really sent. Raises BridgeError (invalid_request) where
    that box shows nothing of what is to be painted.

    Where the client sent the `capture` of an earlier plan of the same request, and the mask's box lies inside the
    selection's box which that plan was made from, then the whole target lies inside what was sent. The context, whose
    size never grows when the selection shrinks (but for rounding), moves inside it and is cut only by that rounding.
    Where the client sent less, target and context are cut: the painting ends there, in a straight edge if need be.
    Beyond the document's edges an outpaint needs no pixels, so it keeps its border. The result is the plan itself where
    nothing has to change.
    """
    if not plan.needs_image:
        return plan
    canvas, document = plan.canvas, plan.document
    room = Bounds.from_edges(
        canvas.x if sent.x <= document.x else sent.x,
        canvas.y if sent.y <= document.y else sent.y,
        canvas.right if sent.right >= document.right else sent.right,
        canvas.bottom if sent.bottom >= document.bottom else sent.bottom,
    )
    if room.contains(plan.context):
        return plan
    selection, target = plan.selection.intersect(room), plan.target.intersect(room)
    if selection.is_empty or target.is_empty:
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            "The picture that was sent does not show the selected area. Update the plug-in, or select another area.",
            f"selection {plan.selection}, sent {sent}",
        )
    return _with_context(replace(plan, selection=selection, target=target), plan.context.shift_inside(room), room)


def _with_context(plan: Plan, context: Bounds, room: Bounds, max_pixels: int | None = None) -> Plan:
    """The plan with its context fitted to the model inside `room`, and all that follows from it."""
    grown, width, height = fit_working(context, plan.native, room)
    if max_pixels is not None and grown.area > max_pixels:
        grown = context
    if twice := plan.does("refine") and min(width / grown.width, height / grown.height) < REFINE_BELOW:
        grown = _whole_cells(grown, room, max_pixels)
    scale = min(width / grown.width, height / grown.height)
    overlap = max(1, math.ceil(LATENT_CELL / scale)) if plan.has_edge else 0
    fitted = replace(
        plan,
        context=grown,
        capture=grown.intersect(plan.document),
        working_width=width,
        working_height=height,
        overlap=overlap,
    )
    if twice:
        repainted, kept = _changes(fitted)
        fitted = replace(fitted, refine=plan_refine(grown, repainted, kept, plan.native, plan.strength))
    return replace(fitted, warnings=_warnings(fitted))


def _whole_cells(context: Bounds, room: Bounds, max_pixels: int | None) -> Bounds:
    """The context, grown to whole latent cells where there is room, so that a second pass need not resample it."""
    width, height = (-(-side // LATENT_CELL) * LATENT_CELL for side in (context.width, context.height))
    grown = context.grow_to(width, height).shift_inside(room)
    return context if max_pixels is not None and grown.area > max_pixels else grown


def _changes(plan: Plan) -> tuple[Bounds, Bounds]:
    """The box in which anything is repainted, and one inside it in which nothing is (may be empty)."""
    reach = plan.grow + plan.feather + plan.overlap
    if plan.kind == "outpaint":
        canvas, document = plan.canvas, plan.document
        far = canvas.width + canvas.height  # where nothing is added, what is kept has no end
        return plan.context, Bounds.from_edges(
            document.x + (reach if canvas.x < document.x else -far),
            document.y + (reach if canvas.y < document.y else -far),
            document.right - (reach if canvas.right > document.right else -far),
            document.bottom - (reach if canvas.bottom > document.bottom else -far),
        )
    if plan.has_edge:
        return plan.selection.grow(reach).intersect(plan.context), Bounds(0, 0, 0, 0)
    return plan.context, Bounds(0, 0, 0, 0)


def _warnings(plan: Plan) -> tuple[str, ...]:
    refine, context = plan.refine, plan.context
    tiles = 0 if refine is None else len(refine.tiles)
    warnings = size_warnings(min(plan.scale), min(plan.refined.scale), tiles, _work(plan), context.area)
    if plan.kind == "outpaint" and plan.strength < 1.0:
        warnings.append("Below a strength of 1 the new border keeps the colours it is filled with first.")
    return tuple(warnings)


def _work(plan: Plan) -> float:
    """Denoising work, in that of one picture of the native size at the plan's strength."""
    first, refine, square = plan.working_width * plan.working_height, plan.refine, plan.native.side**2
    if refine is None:
        return first / square
    tiles = sum(tile.area for tile in refine.tiles) * refine.strength / max(plan.strength, refine.strength, 0.01)
    return (first * refine.first_pass + tiles) / square


def _has_edge(given: PlanInput) -> bool:
    """Whether there is an edge to treat, between what is repainted and what is kept."""
    return given.kind == "outpaint" or (given.kind != "txt2img" and given.selection is not None)


def _widths(given: PlanInput, selection: Bounds, canvas: Bounds) -> tuple[int, int, int]:
    """grow, feather and padding, in document pixels."""
    if not _has_edge(given):
        return 0, 0, 0
    if given.kind == "outpaint":
        feather, grow = auto_seam(given.margins, canvas), GROW_MIN
        padding = 0
    else:
        feather, grow = auto_feather(selection, given.strength), auto_grow(selection)
        padding = auto_padding(selection, canvas, given.strength, given.native.side)
    grow = grow if given.grow is None else given.grow
    feather = feather if given.feather is None else given.feather
    padding = padding if given.padding is None else given.padding
    seen = selection.grow(grow + feather).intersect(canvas)
    return grow, feather, min(padding, affordable_padding(seen, _comfortable(given)))


def _selection(given: PlanInput, canvas: Bounds) -> Bounds:
    """The box to repaint, on the canvas."""
    if given.kind == "outpaint":
        return canvas
    whole = given.layer if given.kind == "img2img" and given.layer is not None else given.document
    selection = (whole if given.selection is None else given.selection).intersect(canvas)
    if selection.is_empty:
        what = "selection" if given.selection is not None else "layer"
        raise BridgeError(
            ErrorCode.EMPTY_SELECTION,
            f"The {what} does not touch the picture, so there is nothing to paint. Select an area on the canvas.",
        )
    return selection


def _boxes(given: PlanInput, canvas: Bounds, selection: Bounds, reach: Reach) -> tuple[Bounds, Bounds]:
    """target and context."""
    side = given.native.side
    if given.kind == "outpaint":
        target, context = around_margins(given.document, given.margins, reach, side)
    elif given.selection is None:
        return selection, selection
    elif given.kind == "txt2img":
        target = context = selection
    else:
        target, context = around_selection(selection, canvas, reach, side)
    return target, limit_aspect(context, canvas, _comfortable(given))


def _comfortable(given: PlanInput) -> int:
    """The most pixels of context for the sake of surroundings and shape; only what is selected may have more."""
    return min(given.max_crop_pixels, LARGE_PIXELS)


def _check_size(pixels: int, limit: int) -> None:
    if pixels > limit:
        raise BridgeError(
            ErrorCode.TOO_MANY_PIXELS,
            f"This needs {pixels / 2**20:.0f} megapixels at once; {limit / 2**20:.0f} is the limit. "
            "Select a smaller area, or scale the image down.",
        )

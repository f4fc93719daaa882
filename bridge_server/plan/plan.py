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
from .context import Reach
from .given import KINDS, PlanInput, boxes, check_size, comfortable_pixels, has_edge, selected_box, widths
from .native import NativeSize
from .refine import REFINE_BELOW, Refine, paints_directly, plan_refine, whole_side
from .shape import Shape, shape_of_box
from .warnings import Notice, size_notices
from .working import fit_working, frame_of


@dataclass(frozen=True)
class Plan:
    """The boxes of a job, in document pixels; the working size in the model's pixels.

    canvas: the document, larger by the margins of an outpaint. context: what the model sees. capture: what of the
    context lies on the document: what is read and sent. frame: what the working picture shows, which is the context,
    and where the canvas has no more pixels a little beyond it, mirrored, so that nothing need be stretched. target:
    what the new layer covers. selection: the box of what is meant, on the canvas (outpaint: the canvas).
    grow: pixels beyond the selection that are repainted in full; half the `feather` further nothing is any more, and
    there the result begins to fade out, over the other half. overlap: pixels by which repainting goes further, where
    latent cells are large. padding: surroundings.
    All four are 0 where everything is repainted, and for txt2img, which keeps to the selection as it is: has_edge is
    False then.
    shape: what is known of the selection beyond its box.
    refine: the second pass, where there is one; the first, at the working size, then only settles what is where.
    whole_only: after a first pass there is no second: its picture is enlarged to the second's size.
    """

    kind: str
    document: Bounds
    canvas: Bounds
    context: Bounds
    capture: Bounds
    frame: Bounds
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
    shape: Shape
    refine: Refine | None = None
    without: frozenset[str] = frozenset()
    whole_only: bool = False
    notices: tuple[Notice, ...] = ()

    def does(self, step: str) -> bool:
        """Whether a step of steps.STEPS is to be made."""
        return step not in self.without

    @property
    def scale(self) -> tuple[float, float]:
        """Working pixels per document pixel, horizontally and vertically."""
        return self.working_width / self.frame.width, self.working_height / self.frame.height

    @property
    def refined(self) -> Plan:
        """The same plan at the size of its second pass: what is prepared for the tiles, and composed from them. The
        plan itself where there is only one pass.
        """
        if self.refine is None:
            return self
        return replace(self, working_width=self.refine.width, working_height=self.refine.height)

    @property
    def tiles(self) -> int:
        """How many of the second pass are painted, at most."""
        refine = self.refine
        return 0 if refine is None or (refine.first_pass and self.whole_only) else len(refine.tiles)

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
    selection = selected_box(given, canvas)
    grow, feather, padding = widths(given, selection, canvas)
    visible = 0 if given.keep_to_selection else grow + feather
    target, context = boxes(given, canvas, selection, Reach(visible, grow + feather, padding))
    check_size(max(context.area, target.area), given.max_crop_pixels)
    plan = Plan(
        kind=given.kind,
        document=given.document,
        canvas=canvas,
        context=context,
        capture=context.intersect(given.document),
        frame=context,
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
        has_edge=has_edge(given),
        needs_image=given.kind != "txt2img",
        native=given.native,
        shape=given.shape or shape_of_box(selection),
        without=given.without,
        whole_only=given.whole_only,
    )
    everything = given.kind != "outpaint" and given.selection is None
    return _with_context(plan, context, context if everything else canvas, comfortable_pixels(given))


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
    frame, width, height = fit_working(context, plan.native, room)
    if max_pixels is not None and frame.area > max_pixels:
        frame = context
    if twice := plan.does("refine") and min(width / frame.width, height / frame.height) < REFINE_BELOW:
        frame = _whole_cells(frame.intersect(room), plan.native, room, max_pixels)
    scale = min(width / frame.width, height / frame.height)
    context = frame.intersect(room)
    fitted = replace(
        plan,
        context=context,
        capture=context.intersect(plan.document),
        frame=frame,
        working_width=width,
        working_height=height,
        overlap=_overlap(plan, scale),
    )
    if twice:
        fitted = _with_refine(fitted)
    return replace(fitted, notices=_notices(fitted))


def _overlap(plan: Plan, scale: float) -> int:
    """How much further than `grow` denoising is full, in document pixels.

    As much as is missing so that each latent cell on the selection is wholly free. More would only repaint what is to
    be kept.
    """
    cell = math.ceil(plan.native.latent_cell / scale)
    return max(0, cell - plan.grow) if plan.has_edge else 0


def _with_refine(plan: Plan) -> Plan:
    """The plan with its second pass. Where there is no first one, the overlap is a latent cell of the tiles."""
    selected = _thickness(plan)
    around = (1 if plan.kind == "outpaint" else 2) * (plan.grow + plan.feather)
    directly = paints_directly(plan.strength, selected + around, selected, min(plan.scale), plan.native)
    made = replace(plan, overlap=_overlap(plan, 1.0)) if directly else plan
    made = replace(made, refine=_refine(made, directly))
    overlap = _overlap(made, min(made.refined.scale))
    if directly and overlap > made.overlap:
        made = replace(made, overlap=overlap)
        made = replace(made, refine=_refine(made, directly))
    return made


def _refine(plan: Plan, directly: bool) -> Refine | None:
    repainted, kept = _changes(plan)
    reach, shape = _repainted_beyond(plan), plan.shape
    selected = plan.has_edge and plan.kind != "outpaint"
    return plan_refine(
        plan.frame,
        repainted,
        kept,
        plan.native,
        plan.strength,
        directly,
        (lambda box: shape.touches(box.grow(reach))) if selected else None,
    )


def _repainted_beyond(plan: Plan) -> int:
    """How far beyond the selection anything is repainted, in document pixels."""
    return plan.grow + plan.feather // 2 + plan.overlap


def _thickness(plan: Plan) -> int:
    """How thick the area is that is selected or added, in document pixels."""
    if plan.kind == "outpaint":
        document, canvas = plan.document, plan.canvas
        widest = max(document.x - canvas.x, document.y - canvas.y, canvas.right - document.right)
        return max(widest, canvas.bottom - document.bottom)
    return min(plan.shape.thickness, plan.selection.width, plan.selection.height)


def _whole_cells(context: Bounds, native: NativeSize, room: Bounds, max_pixels: int | None) -> Bounds:
    """The context, grown to sides that a second pass can paint, so that it need not resample them.

    The shape of the first pass is not that important: more to mirror would be more tiles to paint.
    """
    width, height = (whole_side(side, native) for side in (context.width, context.height))
    grown = frame_of(context, width, height, room)
    return context if max_pixels is not None and grown.area > max_pixels else grown


def _changes(plan: Plan) -> tuple[Bounds, Bounds]:
    """The box in which anything is repainted, and one inside it in which nothing is (may be empty)."""
    reach = _repainted_beyond(plan)
    if plan.kind == "outpaint":
        canvas, document = plan.canvas, plan.document
        far = canvas.width + canvas.height  # where nothing is added, what is kept has no end
        return plan.frame, Bounds.from_edges(
            document.x + (reach if canvas.x < document.x else -far),
            document.y + (reach if canvas.y < document.y else -far),
            document.right - (reach if canvas.right > document.right else -far),
            document.bottom - (reach if canvas.bottom > document.bottom else -far),
        )
    if plan.has_edge:
        return plan.selection.grow(reach).intersect(plan.context), Bounds(0, 0, 0, 0)
    return plan.frame, Bounds(0, 0, 0, 0)


def _notices(plan: Plan) -> tuple[Notice, ...]:
    last = plan.refined if plan.tiles else plan
    painted = plan.refined.working_width * plan.refined.working_height
    notices = size_notices(min(plan.scale), min(last.scale), plan.tiles, _work(plan), plan.context.area, painted)
    if plan.kind == "outpaint" and plan.strength < 1.0:
        text = "Below a strength of 1 the new border keeps the colours it is filled with first."
        notices.append(Notice("keeps_fill", text))
    return tuple(notices)


def _work(plan: Plan) -> float:
    """Denoising work, in that of one picture of the native size at the plan's strength."""
    first, refine, square = plan.working_width * plan.working_height, plan.refine, plan.native.side**2
    if refine is None or not plan.tiles:
        return first / square
    tiles = sum(tile.area for tile in refine.tiles) * refine.strength / max(plan.strength, refine.strength, 0.01)
    return (first * refine.first_pass + tiles) / square

"""From a selection to the boxes of a job: canvas ⊇ context ⊇ target, capture = context on the document.

Document -> canvas (document and outpaint margins). Selection -> grow -> feather -> target, where the layer will lie.
Target -> padding -> native resolution -> shifted inside the canvas -> context, what the model sees. Context -> working
size, what it sees it at; and where that is far less than the context's own, a second pass in tiles (hires.py).

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
from .hires import HIRES_BELOW, HiresPass, paints_directly, plan_hires, whole_side
from .native import NativeSize
from .plan_input import (
    AT_ONCE,
    OF_LAYER,
    PLANNERS,
    SHOWN,
    PlanInput,
    boxes,
    check_size,
    comfortable_pixels,
    has_edge,
    selected_box,
    widths,
)
from .shape import Shape, shape_of_box
from .warnings import Notice, size_notices
from .working import fit_working, grown_to


@dataclass(frozen=True)
class Plan:
    """The boxes of a job, in document pixels; the working size in the model's pixels.

    canvas: the document, larger by the margins of an outpaint. context: what the model sees. capture: what of the
    context lies on the document: what is read and sent. working_bounds: what the working picture shows, which is the
    context, and where the canvas has no more pixels a little beyond it, mirrored, so that nothing need be stretched.
    target: what the new layer covers. selection: the box of what is meant, on the canvas (outpaint: the canvas).
    grow: pixels beyond the selection that are repainted in full; half the `feather` further nothing is any more, and
    there the result begins to fade out, over the other half. overlap: pixels by which repainting goes further, where
    latent cells are large. padding: surroundings.
    All four are 0 where everything is repainted, and for txt2img, which keeps to the selection as it is: has_edge is
    False then.
    shape: what is known of the selection beyond its box.
    hires: the second pass, where there is one; the first, at the working size, then only settles what is where.
    whole_only: after a first pass there is no second: its picture is enlarged to the second's size.
    """

    planner: str
    document: Bounds
    canvas: Bounds
    context: Bounds
    capture: Bounds
    working_bounds: Bounds
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
    hires: HiresPass | None = None
    disabled_steps: frozenset[str] = frozenset()
    whole_only: bool = False
    notices: tuple[Notice, ...] = ()

    def does(self, step: str) -> bool:
        """Whether a step of steps.STEPS is to be made."""
        return step not in self.disabled_steps

    @property
    def scale(self) -> tuple[float, float]:
        """Working pixels per document pixel, horizontally and vertically."""
        return self.working_width / self.working_bounds.width, self.working_height / self.working_bounds.height

    @property
    def at_hires(self) -> Plan:
        """The same plan at the size of its second pass: what is prepared for the tiles, and composed from them. The
        plan itself where there is only one pass.
        """
        if self.hires is None:
            return self
        return replace(self, working_width=self.hires.width, working_height=self.hires.height)

    @property
    def tiles(self) -> int:
        """How many of the second pass are painted, at most."""
        hires = self.hires
        return 0 if hires is None or (hires.first_pass and self.whole_only) else len(hires.tiles)

    @property
    def replaces_content(self) -> bool:
        """Nothing of the old picture is to shine through: it is covered before denoising starts."""
        return self.planner == "inpaint" and self.strength >= 1.0

    @property
    def follows_picture(self) -> bool:
        """What is painted may repeat what the model saw, since it begins there, or is shown it."""
        return self.strength < 1.0 or self.shows_picture

    @property
    def shows_picture(self) -> bool:
        """The model is shown the picture as its first reference, and begins from noise, all of it at once."""
        return self.planner in SHOWN

    @property
    def keeps_alpha(self) -> bool:
        """The new layer is as transparent as what it was made from."""
        return self.planner in OF_LAYER


def make_plan(given: PlanInput) -> Plan:
    """Plan a job. Raises BridgeError (empty_selection, too_many_pixels) with what the user can do.

    Raises ValueError for a planner that is not one of PLANNERS, and for a document without pixels.
    """
    if given.planner not in PLANNERS:
        raise ValueError(f"{given.planner!r} is not one of {', '.join(PLANNERS)}")
    if given.document.is_empty:
        raise ValueError("a document has at least one pixel")
    canvas = given.document.pad(*given.margins) if given.planner == "outpaint" else given.document
    selection = selected_box(given, canvas)
    grow, feather, padding = widths(given, selection, canvas)
    visible = 0 if given.keep_to_selection else grow + feather
    target, context = boxes(given, canvas, selection, Reach(visible, grow + feather, padding))
    check_size(max(context.area, target.area), given.max_crop_pixels)
    plan = Plan(
        planner=given.planner,
        document=given.document,
        canvas=canvas,
        context=context,
        capture=context.intersect(given.document),
        working_bounds=context,
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
        needs_image=given.planner != "txt2img",
        native=given.native,
        shape=given.shape or shape_of_box(selection),
        disabled_steps=given.disabled_steps,
        whole_only=given.whole_only,
    )
    everything = given.planner != "outpaint" and given.selection is None
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
    available = Bounds.from_edges(
        canvas.x if sent.x <= document.x else sent.x,
        canvas.y if sent.y <= document.y else sent.y,
        canvas.right if sent.right >= document.right else sent.right,
        canvas.bottom if sent.bottom >= document.bottom else sent.bottom,
    )
    if available.contains(plan.context):
        return plan
    selection, target = plan.selection.intersect(available), plan.target.intersect(available)
    if selection.is_empty or target.is_empty:
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            "The picture that was sent does not show the selected area. Update the plug-in, or select another area.",
            f"selection {plan.selection}, sent {sent}",
        )
    return _with_context(
        replace(plan, selection=selection, target=target), plan.context.shift_inside(available), available
    )


def _with_context(plan: Plan, context: Bounds, available: Bounds, max_pixels: int | None = None) -> Plan:
    """The plan with its context fitted to the model inside `available`, and all that follows from it."""
    bounds, width, height = fit_working(context, plan.native, available)
    if max_pixels is not None and bounds.area > max_pixels:
        bounds = context
    if (
        twice := plan.does("hires_pass")
        and plan.planner not in AT_ONCE
        and min(width / bounds.width, height / bounds.height) < HIRES_BELOW
    ):
        bounds = _whole_cells(bounds.intersect(available), plan.native, available, max_pixels)
    scale = min(width / bounds.width, height / bounds.height)
    context = bounds.intersect(available)
    fitted = replace(
        plan,
        context=context,
        capture=context.intersect(plan.document),
        working_bounds=bounds,
        working_width=width,
        working_height=height,
        overlap=_overlap(plan, scale),
    )
    if twice:
        fitted = _with_hires(fitted)
    return replace(fitted, notices=_notices(fitted))


def _overlap(plan: Plan, scale: float) -> int:
    """How much further than `grow` denoising is full, in document pixels.

    As much as is missing so that each latent cell on the selection is wholly free. More would only repaint what is to
    be kept.
    """
    cell = math.ceil(plan.native.latent_cell / scale)
    return max(0, cell - plan.grow) if plan.has_edge else 0


def _with_hires(plan: Plan) -> Plan:
    """The plan with its second pass. Where there is no first one, the overlap is a latent cell of the tiles."""
    selected = _thickness(plan)
    around = (1 if plan.planner == "outpaint" else 2) * (plan.grow + plan.feather)
    thickness, scale = (selected + around, selected), min(plan.scale)
    directly = paints_directly(plan.strength, *thickness, scale, plan.native, whole_only=plan.whole_only)
    made = replace(plan, overlap=_overlap(plan, 1.0)) if directly else plan
    made = replace(made, hires=_hires(made, directly))
    overlap = _overlap(made, min(made.at_hires.scale))
    if directly and overlap > made.overlap:
        made = replace(made, overlap=overlap)
        made = replace(made, hires=_hires(made, directly))
    return made


def _hires(plan: Plan, directly: bool) -> HiresPass | None:
    repainted, kept = _changes(plan)
    reach, shape = _repainted_beyond(plan), plan.shape
    selected = plan.has_edge and plan.planner != "outpaint"
    return plan_hires(
        plan.working_bounds,
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
    if plan.planner == "outpaint":
        document, canvas = plan.document, plan.canvas
        widest = max(document.x - canvas.x, document.y - canvas.y, canvas.right - document.right)
        return max(widest, canvas.bottom - document.bottom)
    return min(plan.shape.thickness, plan.selection.width, plan.selection.height)


def _whole_cells(context: Bounds, native: NativeSize, available: Bounds, max_pixels: int | None) -> Bounds:
    """The context, grown to sides that a second pass can paint, so that it need not resample them.

    The shape of the first pass is not that important: more to mirror would be more tiles to paint.
    """
    width, height = (whole_side(side, native) for side in (context.width, context.height))
    grown = grown_to(context, width, height, available)
    return context if max_pixels is not None and grown.area > max_pixels else grown


def _changes(plan: Plan) -> tuple[Bounds, Bounds]:
    """The box in which anything is repainted, and one inside it in which nothing is (may be empty)."""
    reach = _repainted_beyond(plan)
    if plan.planner == "outpaint":
        canvas, document = plan.canvas, plan.document
        far = canvas.width + canvas.height  # where nothing is added, what is kept has no end
        return plan.working_bounds, Bounds.from_edges(
            document.x + (reach if canvas.x < document.x else -far),
            document.y + (reach if canvas.y < document.y else -far),
            document.right - (reach if canvas.right > document.right else -far),
            document.bottom - (reach if canvas.bottom > document.bottom else -far),
        )
    if plan.has_edge:
        return plan.selection.grow(reach).intersect(plan.context), Bounds(0, 0, 0, 0)
    return plan.working_bounds, Bounds(0, 0, 0, 0)


def _notices(plan: Plan) -> tuple[Notice, ...]:
    last = plan.at_hires if plan.tiles else plan
    painted = plan.at_hires.working_width * plan.at_hires.working_height
    hidden = plan.planner == "separate"
    scales = min(plan.scale), min(last.scale)
    notices = size_notices(*scales, plan.tiles, _work(plan), plan.context.area, painted, hidden=hidden)
    if plan.planner == "outpaint" and plan.strength < 1.0:
        text = "Below a strength of 1 the new border keeps the colours it is filled with first."
        notices.append(Notice("keeps_fill", text))
    return tuple(notices)


def _work(plan: Plan) -> float:
    """Denoising work, in that of one picture of the native size at the plan's strength."""
    first, hires, square = plan.working_width * plan.working_height, plan.hires, plan.native.side**2
    if hires is None or not plan.tiles:
        return first / square
    tiles = sum(tile.area for tile in hires.tiles) * hires.strength / max(plan.strength, hires.strength)
    return (first * hires.first_pass + tiles) / square

"""From a selection to the boxes of a job: canvas ⊇ context ⊇ target, capture = context on the document.

Document -> canvas (document and outpaint margins). Selection -> grow -> feather -> target, where the layer will lie.
Target -> padding -> native side -> shifted inside the canvas -> context, what the model sees. Context -> working size,
what it sees it at. The daemon plans from the selection's box before a pixel is read; the worker plans again from the
mask it received, with the same function. Numbers: after krita-ai-diffusion's published behaviour (see docs/edit-core.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..errors import BridgeError, ErrorCode
from .bounds import Bounds
from .families import NativeSize

MAX_ASPECT = 2.0  # a context longer than this is widened: models repeat objects along very long pictures


@dataclass(frozen=True)
class PlanInput:
    """What is to be done. Boxes in document pixels; grow, feather and padding in document pixels, None = automatic."""

    kind: str
    document: Bounds
    native: NativeSize
    strength: float
    selection: Bounds | None = None
    layer: Bounds | None = None
    margins: tuple[int, int, int, int] = (0, 0, 0, 0)  # left, top, right, bottom
    grow: int | None = None
    feather: int | None = None
    padding: int | None = None
    keep_to_selection: bool = False
    max_crop_pixels: int = 64 * 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """The boxes of a job, in document pixels; the working size in the model's pixels."""

    kind: str
    canvas: Bounds
    context: Bounds
    capture: Bounds
    target: Bounds
    selection: Bounds
    working_width: int
    working_height: int
    grow: int
    feather: int
    padding: int
    needs_image: bool
    warnings: tuple[str, ...] = field(default=())

    @property
    def scale(self) -> tuple[float, float]:
        """Working pixels per document pixel, horizontally and vertically (they differ only by rounding)."""
        return self.working_width / self.context.width, self.working_height / self.context.height


def auto_feather(selection: Bounds, strength: float) -> int:
    """Width of the soft edge: a tenth of the selection's diagonal times the strength, between 2 and 48 pixels.

    A selection is never feathered by more than a quarter of its shorter side: small fixes would dissolve.
    """
    diagonal = math.hypot(selection.width, selection.height)
    limit = max(2, min(48, min(selection.width, selection.height) // 4))
    return max(2, min(limit, round(0.1 * diagonal * strength)))


def auto_grow(feather: int) -> int:
    """How far the repainted area reaches beyond the selection: it must hold half the soft edge and the old outline."""
    return 4 + feather // 2


def auto_padding(selection: Bounds, canvas: Bounds) -> int:
    """Surroundings the model sees on each side: half the selection's mean side, at least a 16th of the canvas."""
    mean_side = (selection.width + selection.height) // 2
    return max(mean_side // 2, max(canvas.width, canvas.height) // 16, 16)


def make_plan(given: PlanInput) -> Plan:
    """Plan a job. Raises BridgeError (empty_selection, too_many_pixels) with what the painter can do."""
    left, top, right, bottom = given.margins
    canvas = given.document.pad(left, top, right, bottom)
    selection = _selection(given, canvas)
    feather = auto_feather(selection, given.strength) if given.feather is None else given.feather
    grow = auto_grow(feather) if given.grow is None else given.grow
    padding = auto_padding(selection, canvas) if given.padding is None else given.padding
    target, context = _boxes(given, canvas, selection, grow, feather, padding)
    capture = context.intersect(given.document)
    if max(context.area, target.area) > given.max_crop_pixels:
        raise BridgeError(
            ErrorCode.TOO_MANY_PIXELS,
            f"This needs {max(context.area, target.area) / 2**20:.0f} megapixels at once; "
            f"{given.max_crop_pixels / 2**20:.0f} is the limit. Select a smaller area, or scale the image down.",
        )
    width, height = working_size(context, given.native)
    return Plan(
        kind=given.kind,
        canvas=canvas,
        context=context,
        capture=capture,
        target=target,
        selection=selection,
        working_width=width,
        working_height=height,
        grow=grow,
        feather=feather,
        padding=padding,
        needs_image=given.kind != "txt2img",
    )


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


def _boxes(
    given: PlanInput, canvas: Bounds, selection: Bounds, grow: int, feather: int, padding: int
) -> tuple[Bounds, Bounds]:
    """target and context."""
    native = given.native
    if given.kind == "outpaint":
        target = outpaint_target(given.document, given.margins, grow + feather)
        return target, _outpaint_context(given, canvas, target, padding)
    if given.kind == "txt2img" or given.selection is None:
        return selection, selection
    reach = 0 if given.keep_to_selection else grow + feather
    target = selection.grow(reach).intersect(canvas)
    seen = selection.grow(grow + feather).intersect(canvas)
    context = seen.grow(padding).grow_to(native.side, native.side).shift_inside(canvas)
    return target, _limit_aspect(context, canvas)


def outpaint_target(document: Bounds, margins: tuple[int, int, int, int], overlap: int) -> Bounds:
    """The box around all that an outpaint adds and `overlap` pixels of the document along it.

    One side: a strip. Two opposite or adjacent sides: the box around the strips.
    """
    left, top, right, bottom = margins
    canvas = document.pad(left, top, right, bottom)
    box = Bounds(canvas.x, canvas.y, 0, 0)
    if left:
        box = box.union(Bounds.from_edges(canvas.x, canvas.y, document.x + overlap, canvas.bottom))
    if right:
        box = box.union(Bounds.from_edges(document.right - overlap, canvas.y, canvas.right, canvas.bottom))
    if top:
        box = box.union(Bounds.from_edges(canvas.x, canvas.y, canvas.right, document.y + overlap))
    if bottom:
        box = box.union(Bounds.from_edges(canvas.x, document.bottom - overlap, canvas.right, canvas.bottom))
    return box.intersect(canvas)


def _outpaint_context(given: PlanInput, canvas: Bounds, target: Bounds, padding: int) -> Bounds:
    """The target and enough of the picture beside it: at least as much as is added, and the native side."""
    side = max(given.native.side, padding)
    left, top, right, bottom = given.margins
    into_x = max(side - left - right, left, right)
    into_y = max(side - top - bottom, top, bottom)
    context = target.pad(
        into_x if right and not left else 0,
        into_y if bottom and not top else 0,
        into_x if left and not right else 0,
        into_y if top and not bottom else 0,
    )
    context = context.intersect(canvas).grow_to(given.native.side, given.native.side).shift_inside(canvas)
    return _limit_aspect(context, canvas)


def _limit_aspect(context: Bounds, canvas: Bounds) -> Bounds:
    """Widen the short side of a very long context, as far as the canvas has pixels."""
    shortest = math.ceil(max(context.width, context.height) / MAX_ASPECT)
    return context.grow_to(min(shortest, canvas.width), min(shortest, canvas.height)).shift_inside(canvas)


def working_size(context: Bounds, native: NativeSize) -> tuple[int, int]:
    """Size the model works at: the context's own size where the model can take it, else scaled up or down to fit.

    Up until both the shorter side reaches `min_side` and the area reaches that of the native square; down until the
    area is at most `max_pixels` and the longer side at most `max_side`. Both sides are rounded to `multiple`.
    """
    width, height = context.width, context.height
    scale = max(1.0, math.sqrt(native.side * native.side / (width * height)))
    scale = min(scale, math.sqrt(native.max_pixels / (width * height)), native.max_side / max(width, height))
    scale = max(scale, min(1.0, native.multiple / min(width, height)))
    return _round_to(width * scale, native.multiple), _round_to(height * scale, native.multiple)


def _round_to(length: float, multiple: int) -> int:
    return max(multiple, round(length / multiple) * multiple)

"""POST /v1/plan: which pixels a plug-in should read and where the layer will land."""

from __future__ import annotations

from ..errors import BridgeError, ErrorCode
from ..families.registry import FamilyRegistry
from ..operations.options import Margins
from ..plan.bounds import Bounds
from ..plan.by_example import ANY_SIZE, plan_by_example
from ..plan.native import NativeSize
from ..plan.plan import Plan, make_plan
from ..plan.plan_input import PlanInput, with_edges
from ..plan.warnings import Notice
from ..protocol.envelope import Box, Document, PlanRequest
from ..protocol.instead import notice_of, other_operation, plan_instead
from ..protocol.messages import PlanReply, WarningBody
from ..protocol.requests import plan_request
from ..protocol.tasks import ModelRef
from .by_example import fill_of_plan, fills_by_example
from .call import Call
from .estimates import ESTIMATES, Estimate
from .services import Services


def _bounds(box: Box | None) -> Bounds | None:
    return None if box is None else Bounds(box.x, box.y, box.width, box.height)


def _box(bounds: Bounds) -> Box:
    return Box(x=bounds.x, y=bounds.y, width=bounds.width, height=bounds.height)


def _margins(margins: Margins) -> tuple[int, int, int, int]:
    return margins.left, margins.top, margins.right, margins.bottom


def _document(document: Document) -> Bounds:
    return Bounds(0, 0, document.width, document.height)


def plan_for(request: PlanRequest, model: ModelRef, families: FamilyRegistry) -> Plan:
    """Raises BridgeError (empty_selection, too_many_pixels, invalid_request)."""
    native = families.native_size(model.family, model.native_resolution, model.size_multiple)
    return make_plan(_given(request, model, native, request.has_prompt and not model.hires_with_prompt))


def _given(request: PlanRequest, model: ModelRef, native: NativeSize, whole_only: bool) -> PlanInput:
    operation = request.spec
    if operation.planner is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"operation: there is nothing to plan for {request.operation}.")
    if operation.has_option("margins") and request.margins.is_empty:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"margins: {operation.name} needs at least one pixel on one side.")
    given = PlanInput(
        planner=operation.planner,
        document=_document(request.document),
        native=native,
        strength=operation.strength(request.strength, model.strengths),
        selection=_bounds(request.selection),
        layer=_bounds(request.layer),
        margins=_margins(request.margins),
        whole_only=whole_only,
    )
    return with_edges(given, request)


async def plan(call: Call) -> PlanReply:
    request = call.read(plan_request(call.services.operations))
    if request.spec.estimate is not None:
        return await _estimated(request, ESTIMATES[request.spec.estimate], call.services)
    asked, told = request.spec, list[Notice]()
    if other_operation(asked, request) and not await call.services.models.is_able(request.model, operation=asked):
        request = plan_instead(request) or request
        told = [notice_of(asked, request.spec)]
    model = await call.services.models.resolve(request.model, operation=request.spec)
    painted = made = plan_for(request, model, call.services.families)
    by_example = await fills_by_example(fill_of_plan(request), call.services.models)
    if by_example:
        made = plan_by_example(_given(request, model, ANY_SIZE, whole_only=True))
    capture, notices = made.capture, [*told, *made.notices]
    if request.fill_with is None:  # a prompt may still come, which not every client tells here
        capture = capture.union(painted.capture)
    return PlanReply(
        operation=asked.name,
        model="" if by_example else model.name,
        family="" if by_example else model.family,
        by_example=by_example,
        fill_with=None if not request.spec.has_option("fill_with") else "example" if by_example else "model",
        canvas=_box(made.canvas),
        context=_box(made.context),
        capture=_box(capture),
        needs_image=made.needs_image,
        target=_box(made.target),
        working_width=made.working_width,
        working_height=made.working_height,
        hires_width=0 if made.hires is None else made.hires.width,
        hires_height=0 if made.hires is None else made.hires.height,
        tiles=made.tiles,
        grow=made.grow,
        feather=made.feather,
        padding=made.padding,
        strength=made.strength,
        steps=model.steps,
        guidance_scale=model.guidance_scale,
        warnings=[notice.message for notice in notices],
        notices=[WarningBody(code=notice.code, message=notice.message) for notice in notices],
    )


async def _estimated(request: PlanRequest, rule: Estimate, services: Services) -> PlanReply:
    """Of an operation that plans nothing: the whole layer, or the whole canvas, is read, and how long it takes."""
    canvas = _document(request.document)
    layer = _bounds(request.layer)
    read = canvas if layer is None else layer.intersect(canvas)
    notices = await rule(request, read.width * read.height, services)
    return PlanReply(
        operation=request.operation,
        model=request.model or "",
        family="",
        canvas=_box(canvas),
        context=_box(read),
        capture=_box(read),
        needs_image=True,
        target=_box(read),
        working_width=read.width,
        working_height=read.height,
        grow=0,
        feather=0,
        padding=0,
        strength=0.0,
        steps=0,
        guidance_scale=0.0,
        warnings=[notice.message for notice in notices],
        notices=[WarningBody(code=notice.code, message=notice.message) for notice in notices],
    )

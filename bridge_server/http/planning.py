"""POST /v1/plan: which pixels a plug-in should read and where the layer will land; and the checks of a job's header."""

from __future__ import annotations

from ..errors import BridgeError, ErrorCode
from ..families.registry import FamilyRegistry
from ..operations.options import Margins
from ..plan.bounds import Bounds
from ..plan.given import PlanInput, with_edges
from ..plan.plan import Plan, make_plan
from ..plan.profile_names import check_name
from ..protocol.frame import FrameHeader
from ..protocol.limits import MAX_CROP_PIXELS
from ..protocol.messages import Box, Document, JobRequest, PlanReply, PlanRequest, WarningBody
from ..protocol.requests import plan_request
from ..protocol.tasks import ModelRef
from .call import Call, serves

MAX_PROFILE_BYTES = 16 * 2**20  # the largest profiles of printers have a few megabytes
TENSORS = {"image": 3, "mask": 2, "icc": 1}  # by name: how many dimensions


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
    operation = request.operation
    if operation.planner is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"kind: there is nothing to plan for {request.kind}.")
    if operation.has_option("margins") and not any(_margins(request.margins)):
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"margins: {request.kind} needs at least one pixel on one side.")
    strength = operation.automatic["strength"] if request.strength is None else request.strength
    given = PlanInput(
        kind=operation.planner,
        document=_document(request.document),
        native=families.native_size(model.family, model.native_side, model.multiple),
        strength=strength,
        selection=_bounds(request.selection),
        layer=_bounds(request.layer),
        margins=_margins(request.margins),
        max_crop_pixels=MAX_CROP_PIXELS,
        whole_only=request.has_prompt and not model.refine_with_prompt,
    )
    return make_plan(with_edges(given, request))


async def plan(call: Call) -> PlanReply:
    request = call.read(plan_request(call.services.operations))
    model = await call.services.shelf.resolve(request.model)
    made = plan_for(request, model, call.services.families)
    return PlanReply(
        kind=request.kind,
        model=model.name,
        family=model.family,
        canvas=_box(made.canvas),
        context=_box(made.context),
        capture=_box(made.capture),
        needs_image=made.needs_image,
        target=_box(made.target),
        working_width=made.working_width,
        working_height=made.working_height,
        refined_width=0 if made.refine is None else made.refine.width,
        refined_height=0 if made.refine is None else made.refine.height,
        tiles=made.tiles,
        grow=made.grow,
        feather=made.feather,
        padding=made.padding,
        strength=made.strength,
        steps=model.steps,
        guidance_scale=model.guidance_scale,
        warnings=[notice.message for notice in made.notices],
        notices=[WarningBody(code=notice.code, message=notice.message) for notice in made.notices],
    )


def check_options(request: JobRequest) -> None:
    """Refuse what the operation would not look at: an option dropped in silence is a wrong picture.

    What says no more than the operation does by itself is let in. Raises invalid_request with the option.
    """
    operation = request.operation
    others = {name for other in request.operations.all() for name in other.params.model_fields}
    for name in sorted(others.difference(operation.params.model_fields)):
        standard = type(request).model_fields[name].get_default(call_default_factory=True)
        if getattr(request, name) not in (standard, operation.automatic.get(name)):
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"{name}: {request.kind} has no such option.")


def check_tensors(request: JobRequest, header: FrameHeader) -> None:
    """Whether the tensors of a request are those its message announces.

    Raises invalid_request, too_many_pixels or unsupported, with the tensor and what it should be.
    """
    box = request.bounds
    if box.width * box.height > MAX_CROP_PIXELS:
        raise BridgeError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The crop has {box.width * box.height / 2**20:.0f} megapixels; {MAX_CROP_PIXELS >> 20} is the limit. "
            "Select a smaller area, or scale the image down.",
        )
    for name, spec in header.tensors.items():
        if name not in TENSORS:
            raise BridgeError(ErrorCode.UNSUPPORTED, f"This version of Layerbridge does not know the tensor {name}.")
        if len(spec.shape) != TENSORS[name]:
            raise _wrong(name, spec.shape, f"{TENSORS[name]} dimensions")
    image, mask, icc = (header.tensors.get(name) for name in ("image", "mask", "icc"))
    if image is None and request.operation.needs("image"):
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"image: {request.kind} needs the picture.")
    if mask is None and request.operation.needs("mask"):
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"mask: {request.kind} needs the selection.")
    if image is not None and (image.shape[:2] != (box.height, box.width) or not 1 <= image.shape[2] <= 4):
        raise _wrong("image", image.shape, f"[{box.height}, {box.width}, 1 to 4] as bounds says")
    if mask is not None and (mask.shape != (box.height, box.width) or mask.dtype != "U8"):
        raise _wrong("mask", mask.shape, f"U8 [{box.height}, {box.width}] as bounds says")
    if icc is not None and (icc.dtype != "U8" or icc.nbytes > MAX_PROFILE_BYTES):
        raise _wrong("icc", icc.shape, f"U8 and at most {MAX_PROFILE_BYTES} bytes")
    if request.profile == "icc":
        if icc is None:
            raise BridgeError(
                ErrorCode.INVALID_REQUEST, "profile: is “icc”, and there is no tensor icc with the profile."
            )
    elif request.profile is not None:
        check_name(request.profile, None if image is None else image.shape[2] <= 2)
    if box.width == 0 or box.height == 0:
        raise BridgeError(ErrorCode.EMPTY_SELECTION, "bounds is empty: there is nothing to paint.")


def _wrong(name: str, shape: tuple[int, ...], expected: str) -> BridgeError:
    return BridgeError(ErrorCode.INVALID_REQUEST, f"{name}: has shape {list(shape)}; it must be {expected}.")


ROUTES = (serves("plan", plan),)

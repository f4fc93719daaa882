"""From a request file to what the edit core starts from: mapped, not copied."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ..edit.masks import without_faint
from ..edit.shape import measure
from ..edit.source import Mask, Source, selection_bounds, window
from ..errors import BridgeError, ErrorCode, FrameError
from ..families.references import reference_roles
from ..families.registry import FamilyRegistry
from ..operations.instructions import instruction
from ..operations.mentions import with_numbers
from ..plan.bounds import Bounds
from ..plan.by_example import ANY_SIZE, automatic_padding, plan_by_example
from ..plan.native import NativeSize
from ..plan.plan import Plan, fit_to, make_plan
from ..plan.plan_input import OF_LAYER, PlanInput, with_edges
from ..protocol.earlier import as_envelope
from ..protocol.envelope import Box, JobRequest
from ..protocol.frame import Frame, decode
from ..protocol.limits import FAINT
from ..protocol.tasks import ModelRef
from .encoded import decode_picture

DTYPES = {"U8": np.dtype("u1"), "U16": np.dtype("<u2"), "F32": np.dtype("<f4")}


@dataclass(frozen=True)
class Order:
    """A request as it was sent, with the arrays of its crop (views into the mapped file).

    The source's mask is without what is too faint to show; `mask` is as it was sent. further: what else was sent, by
    role, and profiles: what its numbers mean (ICC bytes, a name, or None for sRGB).
    """

    request: JobRequest
    source: Source
    mask: Mask | None = None
    further: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    profiles: Mapping[str, bytes | str | None] = field(default_factory=dict[str, "bytes | str | None"])

    @property
    def inputs(self) -> dict[str, NDArray[Any]]:
        """The arrays that were sent, by role."""
        sent = {"image": self.source.image, "mask": self.mask, **self.further}
        return {role: array for role, array in sent.items() if array is not None}


@contextmanager
def open_request(path: Path, message: type[JobRequest] = JobRequest) -> Iterator[Order]:
    """Map the request file while inside; `message` is what it must be.

    Raises BridgeError (invalid_frame, invalid_request).
    """
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file cannot be mapped
            raise FrameError("The request is empty.") from error
    try:
        yield _read(mapped, message)
    finally:
        _close(mapped)


def _close(mapped: mmap.mmap) -> None:
    try:
        mapped.close()
    except BufferError:  # an array still looks into it; it is unmapped with the last of them
        return


def _read(mapped: mmap.mmap, message: type[JobRequest]) -> Order:
    frame = decode(memoryview(mapped))
    sent = as_envelope(frame.message, message.operations, frame.header.tensors)
    try:
        request = message.model_validate(sent)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{where}: {first['msg']}.", str(error)[:1000]) from error
    box, mask, image = request.bounds, _array(frame, "mask", 2), _picture(frame, request, "image")
    _check_whole(image, box)
    source = Source(
        image=None if image is None else image.pixels,
        mask=None if mask is None else without_faint(mask, FAINT),
        bounds=Bounds(box.x, box.y, box.width, box.height),
        profile=_profile(frame, request.profile) if image is None else image.profile,
    )
    others = [role for role in request.inputs if role not in ("image", "mask")]
    found = {role: _picture(frame, request, role) for role in others}
    further = {role: picture.pixels for role, picture in found.items() if picture is not None}
    profiles = {role: picture.profile for role, picture in found.items() if picture is not None}
    return Order(request, source, mask, further, profiles)


@dataclass(frozen=True)
class Picture:
    """(H, W, 1 to 4) as it was sent, or decoded. profile: ICC bytes, a name, or None for sRGB."""

    pixels: NDArray[Any]
    profile: bytes | str | None


def _picture(frame: Frame, request: JobRequest, role: str) -> Picture | None:
    """None where it was not sent. An encoded one has the profile of its file, unless the request names another."""
    given = request.inputs.get(role)
    named = None if given is None else _profile(frame, given.profile)
    if given is None or given.media_type is None:
        pixels = _array(frame, role, 3)
        return None if pixels is None else Picture(pixels, named)
    decoded = decode_picture(role, frame.tensor(role), given.media_type)
    return Picture(decoded.as_profiled(), decoded.profile) if named is None else Picture(decoded.pixels, named)


def _check_whole(image: Picture | None, box: Box) -> None:
    """An encoded picture has no bounds: it is all of the document, or of what the mask covers."""
    if image is not None and image.pixels.shape[:2] != (box.height, box.width):
        height, width = image.pixels.shape[:2]
        text = f"image: the picture is {width} x {height} pixels, and {box.width} x {box.height} are meant."
        raise BridgeError(ErrorCode.INVALID_REQUEST, text)


def _array(frame: Frame, name: str, dimensions: int) -> NDArray[Any] | None:
    spec = frame.header.tensors.get(name)
    if spec is None:
        return None
    if len(spec.shape) != dimensions:
        raise FrameError(f"Tensor {name} has {len(spec.shape)} dimensions; it needs {dimensions}.")
    return np.frombuffer(frame.tensor(name), DTYPES[spec.dtype]).reshape(spec.shape)


def _profile(frame: Frame, named: str | None) -> bytes | str | None:
    if named != "icc":
        return named
    if "icc" not in frame.header.tensors:
        raise FrameError("The profile is said to be in the tensor icc, and there is none.")
    return bytes(frame.tensor("icc"))


def plan_order(order: Order, model: ModelRef, families: FamilyRegistry) -> Plan:
    """The plan for what really arrived. Raises what make_plan and fit_to raise; invalid_request without a picture."""
    native = families.native_size(model.family, model.native_resolution, model.size_multiple)
    whole_only = bool(order.request.options.prompt.strip()) and not model.hires_with_prompt
    return _fitted(make_plan(_given(order, strength_of(order.request, model), native, whole_only)), order)


def plan_without_model(order: Order) -> Plan:
    """The same of a fill by example."""
    return _fitted(plan_by_example(_given_without_model(order)), order)


def reach_of(order: Order) -> int | None:
    """How far away the pieces of a fill by example may come from, document pixels; None: automatic, also where the
    padding that was asked for is what automatic stands for, as in a result's own settings.
    """
    padding = order.request.options.padding
    return None if padding in ("auto", automatic_padding(_given_without_model(order))) else padding


def _given_without_model(order: Order) -> PlanInput:
    strength = order.request.spec.strength(order.request.options.strength, {})
    return _given(order, strength, ANY_SIZE, whole_only=True)


def _given(order: Order, strength: float, native: NativeSize, whole_only: bool) -> PlanInput:
    request, source = order.request, order.source
    planner, options = planner_of(request), order.request.options
    margins, document = options.margins, Bounds(0, 0, request.document.width, request.document.height)
    selection = None if planner == "outpaint" else selection_bounds(source)
    given = PlanInput(
        planner=planner,
        document=document,
        native=native,
        strength=strength,
        selection=selection,
        shape=None if selection is None else measure(source, selection, document),
        layer=source.bounds if planner in OF_LAYER and source.mask is None else None,
        margins=(margins.left, margins.top, margins.right, margins.bottom),
        whole_only=whole_only,
    )
    return with_edges(given, options)


def _fitted(plan: Plan, order: Order) -> Plan:
    if plan.needs_image and order.source.image is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{order.request.operation} needs a picture, and none was sent.")
    return fit_to(plan, order.source.bounds)


def faint_left_out(order: Order, plan: Plan) -> int:
    """How many pixels are selected so faintly, and so far from the rest, that nothing is painted for them."""
    if order.mask is None or order.mask is order.source.mask:
        return 0
    near = window(order.mask, order.source.bounds, plan.target.intersect(order.source.bounds))
    return cv2.countNonZero(order.mask) - cv2.countNonZero(np.ascontiguousarray(near))


def planner_of(request: JobRequest) -> str:
    """The rule of plan/plan_input.py that finds its boxes. Raises BridgeError (invalid_request) where it has none."""
    planner = request.spec.planner
    if planner is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{request.operation} paints nothing.")
    return planner


def strength_of(request: JobRequest, model: ModelRef) -> float:
    """What the plan is made for."""
    return request.spec.strength(request.options.strength, model.strengths)


def prompt_of(request: JobRequest, before: int, place: str) -> str:
    """What the model is told: of a task, the sentence for it; of a layer that is mentioned, its number. before: how
    many pictures it is shown before the references. place: where in the picture the selection is, see instruction.
    """
    options = request.options
    numbers: dict[str, int] = {}
    for number, role in enumerate(reference_roles(request.inputs), before + 1):
        numbers.setdefault(request.inputs[role].name, number)
    said = with_numbers(options.prompt, numbers)
    return instruction(options.edit_task, said, place if "mask" in request.inputs else "")


def steps_of(request: JobRequest, model: ModelRef) -> int:
    return request.options.steps or model.steps


def guidance_of(request: JobRequest, model: ModelRef) -> float:
    given = request.options.guidance_scale
    return model.guidance_scale if given is None else given


def painting_strength(request: JobRequest, model: ModelRef) -> float:
    """What the model paints with: its own removal_strength where nothing is asked for, from the plan's fill on."""
    removes = planner_of(request) in ("inpaint", "outpaint") and not request.options.prompt.strip()
    return model.removal_strength if removes and request.options.strength is None else strength_of(request, model)


def begins_from_fill(request: JobRequest, model: ModelRef, plan: Plan) -> bool:
    """Whether it is a removal of which the start counts, since the model's own strength for it is below 1."""
    return plan.does("fill") and painting_strength(request, model) < strength_of(request, model)

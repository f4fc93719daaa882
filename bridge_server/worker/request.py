"""From a request file to what the edit core starts from: mapped, not copied."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
from ..families.registry import FamilyRegistry
from ..plan.bounds import Bounds
from ..plan.given import PlanInput, with_edges
from ..plan.plan import Plan, fit_to, make_plan
from ..protocol.frame import Frame, decode
from ..protocol.limits import FAINT, MAX_CROP_PIXELS
from ..protocol.messages import JobRequest
from ..protocol.tasks import ModelRef

DTYPES = {"U8": np.dtype("u1"), "U16": np.dtype("<u2"), "F32": np.dtype("<f4")}


@dataclass(frozen=True)
class Order:
    """A request as it was sent, with the arrays of its crop (views into the mapped file).

    The source's mask is without what is too faint to show; `mask` is as it was sent.
    """

    request: JobRequest
    source: Source
    mask: Mask | None = None

    @property
    def inputs(self) -> dict[str, NDArray[Any]]:
        """The arrays that were sent, by role."""
        sent = {"image": self.source.image, "mask": self.mask}
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
    try:
        request = message.model_validate(frame.message)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{where}: {first['msg']}.", str(error)[:1000]) from error
    box, mask = request.bounds, _array(frame, "mask", 2)
    source = Source(
        image=_array(frame, "image", 3),
        mask=None if mask is None else without_faint(mask, FAINT),
        bounds=Bounds(box.x, box.y, box.width, box.height),
        profile=_profile(frame, request.profile),
    )
    return Order(request, source, mask)


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
    request, source = order.request, order.source
    planner = planner_of(request)
    margins, document = request.margins, Bounds(0, 0, request.document.width, request.document.height)
    selection = None if planner == "outpaint" else selection_bounds(source)
    given = PlanInput(
        kind=planner,
        document=document,
        native=families.native_size(model.family, model.native_side, model.multiple),
        strength=strength_of(request),
        selection=selection,
        shape=None if selection is None else measure(source, selection, document),
        layer=source.bounds if planner == "img2img" and source.mask is None else None,
        margins=(margins.left, margins.top, margins.right, margins.bottom),
        max_crop_pixels=MAX_CROP_PIXELS,
        whole_only=bool(request.prompt.strip()) and not model.refine_with_prompt,
    )
    plan = make_plan(with_edges(given, request))
    if plan.needs_image and source.image is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{request.kind} needs a picture, and none was sent.")
    return fit_to(plan, source.bounds)


def faint_left_out(order: Order, plan: Plan) -> int:
    """How many pixels are selected so faintly, and so far from the rest, that nothing is painted for them."""
    if order.mask is None or order.mask is order.source.mask:
        return 0
    near = window(order.mask, order.source.bounds, plan.target.intersect(order.source.bounds))
    return cv2.countNonZero(order.mask) - cv2.countNonZero(np.ascontiguousarray(near))


def planner_of(request: JobRequest) -> str:
    """The rule of plan/given.py that finds its boxes. Raises BridgeError (invalid_request) where it has none."""
    planner = request.operation.planner
    if planner is None:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{request.kind} paints nothing.")
    return planner


def strength_of(request: JobRequest) -> float:
    """What the plan is made for."""
    return request.operation.automatic["strength"] if request.strength is None else request.strength


def painting_strength(request: JobRequest, model: ModelRef) -> float:
    """What the model paints with: its own removal_strength where nothing is asked for, from the plan's fill on."""
    removes = planner_of(request) in ("inpaint", "outpaint") and not request.prompt.strip()
    return model.removal_strength if removes and request.strength is None else strength_of(request)


def begins_from_fill(request: JobRequest, model: ModelRef, plan: Plan) -> bool:
    """Whether it is a removal of which the start counts, since the model's own strength for it is below 1."""
    return plan.does("fill") and painting_strength(request, model) < strength_of(request)

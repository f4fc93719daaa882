"""What a runner's pixels become: frames that describe themselves, by the kind of the output, and their thumbnails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..edit.source import Mask
from ..operations.table import model_option
from ..plan.bounds import Bounds
from ..protocol.envelope import Box, JobRequest
from ..protocol.frame import Buffer, Tensor, encode
from ..protocol.messages import FRAME, ModelUsed, ResultMessage, WarningBody
from .operations.base import JPEG, THUMBNAIL, Artifact, Meta, RunContext
from .thumbnail import picture_thumbnail
from .watch import encode_jpeg

THUMBNAIL_QUALITY = 85
DTYPE_NAMES = {"u1": "U8", "u2": "U16", "f4": "F32"}


def selection(context: RunContext, role: str, mask: Mask) -> Iterator[Artifact]:
    """What is selected (H, W) of the picture that was sent, with the picture so cut out as its thumbnail."""
    source = context.order.source
    if source.image is not None:
        yield from thumbnail(context, partial(picture_thumbnail, source.image, source.profile, mask))
    message = describe(context, role, source.bounds)
    yield Artifact(role, context.task.index, FRAME, frame(message, {"mask": mask}), Meta(source.bounds))


def layer(context: RunContext, role: str, image: NDArray[Any], mask: Mask, bounds: Bounds) -> Iterator[Artifact]:
    """A layer (h, w, 4 or 2) and its layer mask (h, w), both of the box `bounds` in document pixels; and its
    thumbnail.
    """
    yield from thumbnail(context, partial(picture_thumbnail, image, context.order.source.profile, mask))
    message = describe(context, role, bounds)
    parts = frame(message, {"image": image, "mask": mask}, context.order.source.profile)
    yield Artifact(role, context.task.index, FRAME, parts, Meta(bounds))


def document(context: RunContext, role: str, image: NDArray[Any]) -> Iterator[Artifact]:
    """A picture (h, w, 1 to 4) of any size that shows what was sent, in its profile; and its thumbnail."""
    source = context.order.source
    yield from thumbnail(context, partial(picture_thumbnail, image, source.profile))
    message = describe(context, role, source.bounds)
    parts = frame(message, {"image": image}, source.profile)
    yield Artifact(role, context.task.index, FRAME, parts, Meta(source.bounds))


def thumbnail(context: RunContext, make: Callable[[], NDArray[np.uint8]]) -> Iterator[Artifact]:
    """What `make` gives, (h, w, 3) in sRGB, where the task has a thumbnail; else it is not made."""
    if context.task.thumbnail is not None:
        yield Artifact(THUMBNAIL, context.task.index, JPEG, [encode_jpeg(make(), THUMBNAIL_QUALITY)])


def describe(context: RunContext, role: str, bounds: Bounds, **more: Any) -> ResultMessage:
    """The message of an artifact: what it is, and everything that is needed to make it again.

    more: fields that are otherwise those of an operation without a model, on the canvas as it is.
    """
    task, request, clock = context.task, context.order.request, context.clock
    used = task.model
    one = {"num_images": 1} if request.spec.has_option("num_images") else {}
    known: dict[str, Any] = {
        "canvas": Box(x=0, y=0, width=request.document.width, height=request.document.height),
        "steps_run": 0,
        "model": None if used is None else ModelUsed(name=used.name, family=used.family, hash=used.hash),
        "request": request.changed(params=whole_options(request) | one).resolved(task.seed, used),
    }
    return ResultMessage(
        operation=request.operation,
        role=role,
        bounds=box_of(bounds),
        seed=task.seed,
        index=task.index,
        warnings=[WarningBody(code=warned.code, message=warned.message) for warned in context.watch.warnings],
        seconds=round(clock.seconds, 3),
        edit_seconds=round(clock.edit_seconds, 3),
        **(known | more),
    )


def whole_options(request: JobRequest) -> dict[str, Any]:
    """Every option of the operation, with what it is where it was left out."""
    whole: dict[str, Any] = request.own.model_dump(mode="json")
    whole.pop(model_option(request.spec) or "", None)
    return whole


def box_of(bounds: Bounds) -> Box:
    return Box(x=bounds.x, y=bounds.y, width=bounds.width, height=bounds.height)


def frame(
    message: ResultMessage, arrays: Mapping[str, NDArray[Any]], profile: bytes | str | None = None
) -> list[Buffer]:
    """A result describes itself: with the profile that came with the request, whatever the document has by then."""
    tensors = {name: _tensor(array) for name, array in arrays.items()}
    if isinstance(profile, bytes):
        tensors["icc"] = Tensor("U8", (len(profile),), profile)
    return encode(message.model_dump(mode="json"), tensors)


def _tensor(array: NDArray[Any]) -> Tensor:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return Tensor(DTYPE_NAMES[array.dtype.str[1:]], array.shape, little.data.cast("B"))

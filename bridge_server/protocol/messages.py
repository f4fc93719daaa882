"""The daemon's messages about jobs, of HTTP API version 1; those about the daemon itself are in service.py, the
requests in envelope.py. All are the single source of the schema, the OpenAPI file and the plug-ins' mirrors.

Coordinates are document pixels: x to the right, y down, half-open boxes, negative outside the canvas. Unknown fields of
a request are refused; unknown fields of a response are to be ignored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, SerializeAsAny

from ..errors import ErrorCode
from .envelope import Box, JobRequest

EventType = Literal["state", "progress", "preview", "artifact", "warning", "deleted"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
FRAME = "application/octet-stream"  # the media type of a frame (frame.py)


class JobState(StrEnum):
    QUEUED = "queued"
    LOADING = "loading"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Response(BaseModel):
    """A message from the daemon: readers ignore unknown fields."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class WarningBody(Response):
    """Something the user should know about a job that goes on, such as words the model did not read."""

    code: str  # "unread_words", "steps_changed", ...
    message: str


class PlanReply(Response):
    """Boxes in document pixels. canvas ⊇ context ⊇ target; capture = what of the context lies on the canvas.

    All of it follows from the selection's box. Where the mask then shows thin or separate parts, target, grow, feather
    and tiles come out smaller, and the size of the hires pass may come out larger.
    """

    operation: str
    model: str  # empty, like its family: by example, without one
    family: str
    by_example: bool = False
    fill_with: Literal["example", "model"] | None = None  # of an operation that has the choice
    canvas: Box  # the canvas after the result is applied (larger than the document for outpaint)
    context: Box
    capture: Box  # read and send exactly this
    needs_image: bool  # False: send only the mask (txt2img)
    target: Box  # where the new layer will lie
    working_width: int
    working_height: int
    hires_width: int = 0  # of the second pass in tiles, for areas far larger than the model's size; 0: none
    hires_height: int = 0
    tiles: int = 0  # of the second pass
    grow: int
    feather: int
    padding: int
    strength: float
    steps: int  # the model's default
    guidance_scale: float  # the model's default
    warnings: list[str] = []  # the messages of `notices`
    notices: list[WarningBody] = []  # the job warns with the same codes, of what its mask then shows


class ErrorBody(Response):
    """The envelope of every error."""

    code: ErrorCode
    message: str
    detail: str = ""


class ModelUsed(Response):
    """The model of a result: its name, family, and the SHA-256 of its weights (first 16 hex digits)."""

    name: str
    family: str
    hash: str


class ResultMessage(Response):
    """The message of an artifact's frame. `icc` U8[n] comes along where the request had one.

    Tensors: of a layer `image` (H,W,4 or 2) and `mask` (H,W) U8, both covering `bounds`; of a selection `mask` (H,W)
    U8, nothing is selected outside of it; of a document `image` (H,W,1 to 4) of any size, which shows `bounds`; of a
    text none.
    """

    operation: str
    role: str  # one of the operation's outputs
    index: int  # of the variation
    bounds: Box
    canvas: Box  # outpaint: resize the canvas to this when the result is applied
    seed: int
    steps_run: int
    model: ModelUsed | None  # None: the operation uses none
    request: SerializeAsAny[JobRequest]  # every parameter resolved, so that it can be made again
    warnings: list[WarningBody] = []
    seconds: float = 0.0
    edit_seconds: float = 0.0  # of these, the edit core's own work: everything but the model
    text: str | None = None


class ArtifactMeta(Response):
    """What is told of an artifact without opening it; an operation may tell more, such as a score.

    bounds: document pixels that it covers. seed: of its variation.
    """

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    seed: int
    bounds: Box


class ArtifactInfo(Response):
    """A finished piece of a variation: fetch it from `/v1/jobs/{id}/artifacts/{role}/{index}`."""

    role: str
    index: int
    media_type: str = FRAME
    bytes: int
    meta: ArtifactMeta


class Progress(Response):
    """Where a job stands. `eta_seconds` counts all remaining variations; None: not known yet."""

    stage: str  # waiting, one of the operation's stages, or finished
    task: int = 0
    step: int = 0
    steps: int = 0
    fraction: float = 0.0
    eta_seconds: float | None = None


class Event(Response):
    """One entry of the daemon's single event sequence. `preview` events carry a base64 JPEG in data.jpeg."""

    seq: int
    job: str
    type: EventType
    time: float
    data: dict[str, Any] = {}


class JobSnapshot(Response):
    """A job as it is now. `seq` is the newest event it includes: ask for events after it."""

    id: str
    seq: int
    state: JobState
    request: SerializeAsAny[JobRequest]
    num_images: int  # one task each
    created: float
    updated: float
    expires: float | None = None
    position: int | None = None  # how many jobs get a task before this one; 0: next; None: not waiting
    progress: Progress
    artifacts: list[ArtifactInfo] = []
    warnings: list[WarningBody] = []
    error: ErrorBody | None = None
    resubmitted_as: str | None = None


class JobReply(Response):
    """Answer to `GET /v1/jobs/{id}`: the snapshot and what happened after the asked sequence number."""

    job: JobSnapshot
    events: list[Event] = []


class JobAccepted(Response):
    id: str
    seed: int
    seq: int
    model: str | None  # None: the operation uses none
    position: int
    replayed: bool = False  # True: this Idempotency-Key had created the job before


class JobList(Response):
    jobs: list[JobSnapshot]
    next: str | None = None  # pass as `before` for the next page

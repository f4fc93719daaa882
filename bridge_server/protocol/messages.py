"""The messages about jobs of HTTP API version 1; those about the daemon itself are in service.py. Both are the single
source of the schema, the OpenAPI file and the plug-ins' mirrors.

Coordinates are document pixels: x to the right, y down, half-open boxes, negative outside the canvas. Unknown fields of
a request are refused; unknown fields of a response are to be ignored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..errors import ErrorCode
from .limits import MAX_COUNT, MAX_PROMPT, MAX_SEED, MAX_SIDE, MAX_STEPS, MIN_STRENGTH

Auto = Literal["auto"]


def _number(value: Any) -> Any:
    """In JSON true is no number and "7" is a text, though pydantic takes both for numbers."""
    if isinstance(value, bool | str):
        raise ValueError("must be a number")
    return value


NUMBER = BeforeValidator(_number)
Flag = Annotated[bool, Field(strict=True)]


def _changes_something(strength: Any) -> Any:
    if isinstance(_number(strength), int | float) and 0 <= strength < MIN_STRENGTH:
        raise ValueError(f"must be at least {MIN_STRENGTH}; to keep the picture as it is, do not start a job")
    return strength


Strength = Annotated[float, Field(ge=MIN_STRENGTH, le=1.0), BeforeValidator(_changes_something)]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED), NUMBER]


class Kind(StrEnum):
    INPAINT = "inpaint"
    OUTPAINT = "outpaint"
    IMG2IMG = "img2img"
    TXT2IMG = "txt2img"


class JobState(StrEnum):
    QUEUED = "queued"
    LOADING = "loading"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Request(BaseModel):
    """A message to the daemon: unknown fields are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Response(BaseModel):
    """A message from the daemon: readers ignore unknown fields."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Box(Request):
    """A box in document pixels, half-open: [x, x + width) by [y, y + height)."""

    x: Annotated[int, Field(ge=-MAX_SIDE, le=MAX_SIDE), NUMBER]
    y: Annotated[int, Field(ge=-MAX_SIDE, le=MAX_SIDE), NUMBER]
    width: Annotated[int, Field(ge=0, le=2 * MAX_SIDE), NUMBER]
    height: Annotated[int, Field(ge=0, le=2 * MAX_SIDE), NUMBER]


class Margins(Request):
    """How far an outpaint goes beyond each side of the canvas, in document pixels."""

    left: Annotated[int, Field(ge=0, le=MAX_SIDE), NUMBER] = 0
    top: Annotated[int, Field(ge=0, le=MAX_SIDE), NUMBER] = 0
    right: Annotated[int, Field(ge=0, le=MAX_SIDE), NUMBER] = 0
    bottom: Annotated[int, Field(ge=0, le=MAX_SIDE), NUMBER] = 0


class Document(Request):
    """The document the crop was taken from: its size in pixels, and how the host names it (for History)."""

    width: Annotated[int, Field(ge=1, le=MAX_SIDE), NUMBER]
    height: Annotated[int, Field(ge=1, le=MAX_SIDE), NUMBER]
    id: Annotated[str, Field(max_length=200)] = ""
    name: Annotated[str, Field(max_length=500)] = ""


Extent = Annotated[int, Field(ge=0, le=4096), NUMBER] | Auto


EditStep = Literal["fill", "soft_mask", "refine", "color_match", "seam", "residual", "dither"]


class MaskOptions(Request):
    """Edge treatment in document pixels; "auto" derives each from the selection's size and the strength.

    `without` names the steps of the edit core that are switched off (docs/edit-core.md).
    """

    grow: Extent = "auto"
    feather: Extent = "auto"
    padding: Extent = "auto"
    keep_to_selection: Flag = False
    without: list[EditStep] = []


class Sampling(Request):
    """Generation parameters; None takes the model's default."""

    strength: Strength | None = None
    steps: Annotated[int, Field(ge=1, le=MAX_STEPS), NUMBER] | None = None
    guidance_scale: Annotated[float, Field(ge=0.0, le=50.0), NUMBER] | None = None
    sampler: Annotated[str, Field(max_length=40)] = "auto"


class JobRequest(MaskOptions, Sampling):
    """The message of a request frame. Tensors: `image` (H,W,1..4), `mask` (H,W) U8 255 = repaint, `icc` U8[n].

    `bounds` is the box that `image` and `mask` cover. `image` may be absent only for txt2img; `mask` may be absent
    where everything is meant (img2img of a layer, txt2img, outpaint).
    """

    kind: Kind
    document: Document
    bounds: Box
    prompt: Annotated[str, Field(max_length=MAX_PROMPT)] = ""
    negative_prompt: Annotated[str, Field(max_length=MAX_PROMPT)] = ""
    seed: Seed | None = None  # None: the daemon draws one when it accepts the job
    count: Annotated[int, Field(ge=1, le=MAX_COUNT), NUMBER] = 1
    model: Annotated[str, Field(max_length=500)] | None = None  # None: the daemon's default model
    margins: Margins = Margins()
    profile: Annotated[str, Field(max_length=200)] | None = None  # "icc": the tensor; a name; None: sRGB
    client_data: Annotated[dict[str, str], Field(max_length=16)] = {}  # the plug-in's own notes, given back as they are

    @model_validator(mode="after")
    def _consistent(self) -> JobRequest:
        margins = self.margins
        outwards = margins.left or margins.top or margins.right or margins.bottom
        if self.kind is Kind.OUTPAINT and not outwards:
            raise ValueError("outpaint needs a margin of at least one pixel on one side")
        if self.kind is not Kind.OUTPAINT and outwards:
            raise ValueError(f"margins are for outpaint, not for {self.kind}")
        if self.seed is not None and self.seed + self.count - 1 > MAX_SEED:
            raise ValueError(f"seed + count - 1 must be at most {MAX_SEED}")
        return self


class PlanRequest(MaskOptions):
    """What a plug-in asks before it reads a pixel."""

    kind: Kind
    document: Document
    selection: Box | None = None  # None: no selection, the whole canvas (or layer, for img2img) is meant
    layer: Box | None = None  # the layer's box, where an unselected img2img means that layer only
    margins: Margins = Margins()
    model: Annotated[str, Field(max_length=500)] | None = None
    strength: Strength | None = None
    has_prompt: Flag = False  # whether the job will have a prompt: some models then paint a large area only once


class WarningBody(Response):
    """Something the painter should know about a job that goes on, such as words the model did not read."""

    code: str  # "unread_words", "steps_changed", ...
    message: str


class PlanReply(Response):
    """Boxes in document pixels. canvas ⊇ context ⊇ target; capture = what of the context lies on the canvas.

    All of it follows from the selection's box. Where the mask then shows thin or separate parts, target, grow, feather
    and tiles come out smaller, and the refined size may come out larger.
    """

    kind: Kind
    model: str
    family: str
    canvas: Box  # the canvas after the result is applied (larger than the document for outpaint)
    context: Box
    capture: Box  # read and send exactly this
    needs_image: bool  # False: send only the mask (txt2img)
    target: Box  # where the new layer will lie
    working_width: int
    working_height: int
    refined_width: int = 0  # of the second pass in tiles, for areas far larger than the model's size; 0: none
    refined_height: int = 0
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
    """The message of a result frame. Tensors: `image` (H,W,4 or 2) and `mask` (H,W) U8, both covering `bounds`; `icc`
    U8[n] where the request had one."""

    kind: Kind
    bounds: Box
    canvas: Box  # outpaint: resize the canvas to this when the result is applied
    seed: int
    index: int
    steps_run: int
    model: ModelUsed
    request: JobRequest  # every parameter resolved, so that it can be made again
    warnings: list[WarningBody] = []
    seconds: float = 0.0
    edit_seconds: float = 0.0  # of these, the edit core's own work: everything but the model


class ResultInfo(Response):
    """A finished variation: fetch it from `/v1/jobs/{id}/results/{index}`."""

    index: int
    seed: int
    bounds: Box
    bytes: int


class Progress(Response):
    """Where a job stands. `eta_seconds` counts all remaining variations; None: not known yet."""

    phase: Literal["waiting", "loading", "encoding", "denoising", "decoding", "finished"]
    task: int = 0
    step: int = 0
    steps: int = 0
    fraction: float = 0.0
    eta_seconds: float | None = None


class Event(Response):
    """One entry of the daemon's single event sequence. `preview` events carry a base64 JPEG in data.jpeg."""

    seq: int
    job: str
    type: Literal["state", "progress", "preview", "result", "warning", "deleted"]
    time: float
    data: dict[str, Any] = {}


class JobSnapshot(Response):
    """A job as it is now. `seq` is the newest event it includes: ask for events after it."""

    id: str
    seq: int
    state: JobState
    request: JobRequest
    created: float
    updated: float
    expires: float | None = None
    position: int | None = None  # 0: next; None: not waiting
    progress: Progress
    results: list[ResultInfo] = []
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
    model: str
    position: int
    replayed: bool = False  # True: this Idempotency-Key had created the job before


class JobList(Response):
    jobs: list[JobSnapshot]
    next: str | None = None  # pass as `before` for the next page

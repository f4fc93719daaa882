"""The messages about jobs of HTTP API version 1; those about the daemon itself are in service.py. Both are the single
source of the schema, the OpenAPI file and the plug-ins' mirrors.

Coordinates are document pixels: x to the right, y down, half-open boxes, negative outside the canvas. Unknown fields of
a request are refused; unknown fields of a response are to be ignored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializeAsAny,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from ..errors import ErrorCode
from ..operations.base import Operation
from ..operations.limits import MAX_SEED, MAX_SIDE
from ..operations.options import (
    NUMBER,
    DenoisingOptions,
    EdgeOptions,
    EditOptions,
    Flag,
    KeepOptions,
    MarginOptions,
    ModelOptions,
    PromptOptions,
    SeedOptions,
    StrengthOptions,
)
from ..operations.registry import Registry, builtin


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


class Document(Request):
    """The document the crop was taken from: its size in pixels, and how the host names it (for History)."""

    width: Annotated[int, Field(ge=1, le=MAX_SIDE), NUMBER]
    height: Annotated[int, Field(ge=1, le=MAX_SIDE), NUMBER]
    id: Annotated[str, Field(max_length=200)] = ""
    name: Annotated[str, Field(max_length=500)] = ""


class OfOperation(Request):
    """A request for one of `operations`, which are those of Layerbridge; `requests.py` makes the same of others."""

    operations: ClassVar[Registry] = builtin()

    kind: str  # the operation's name

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in cls.operations:
            *first, last = (repr(name) for name in cls.operations.names)
            known = f"{', '.join(first)} or {last}" if first else last
            raise PydanticCustomError("enum", "Input should be {expected}", {"expected": known})
        return kind

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        handler.resolve_ref_schema(schema)["properties"]["kind"]["enum"] = list(cls.operations.names)
        return schema

    @property
    def operation(self) -> Operation:
        return self.operations.get(self.kind)


class JobRequest(
    KeepOptions,
    EdgeOptions,
    EditOptions,
    DenoisingOptions,
    StrengthOptions,
    SeedOptions,
    ModelOptions,
    MarginOptions,
    PromptOptions,
    OfOperation,
):
    """The message of a request frame. Tensors: `image` (H,W,1..4), `mask` (H,W) U8 255 = repaint, `icc` U8[n].

    `bounds` is the box that `image` and `mask` cover. Which tensors are needed, and which options mean something, the
    operation says.
    """

    document: Document
    bounds: Box
    profile: Annotated[str, Field(max_length=200)] | None = None  # "icc": the tensor; a name; None: sRGB
    client_data: Annotated[dict[str, str], Field(max_length=16)] = {}  # the plug-in's own notes, given back as they are

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        margins = self.margins
        outwards = margins.left or margins.top or margins.right or margins.bottom
        expands = self.operation.has_option("margins")
        if expands and not outwards:
            raise ValueError(f"{self.kind} needs a margin of at least one pixel on one side")
        if outwards and not expands:
            raise ValueError(f"margins are for outpaint, not for {self.kind}")
        if self.seed is not None and self.seed + self.count - 1 > MAX_SEED:
            raise ValueError(f"seed + count - 1 must be at most {MAX_SEED}")
        return self


class PlanRequest(KeepOptions, EdgeOptions, EditOptions, StrengthOptions, ModelOptions, MarginOptions, OfOperation):
    """What a plug-in asks before it reads a pixel."""

    document: Document
    selection: Box | None = None  # None: no selection, the whole canvas (or layer, for img2img) is meant
    layer: Box | None = None  # the layer's box, where an unselected img2img means that layer only
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

    kind: str
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

    kind: str
    bounds: Box
    canvas: Box  # outpaint: resize the canvas to this when the result is applied
    seed: int
    index: int
    steps_run: int
    model: ModelUsed
    request: SerializeAsAny[JobRequest]  # every parameter resolved, so that it can be made again
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
    request: SerializeAsAny[JobRequest]
    created: float
    updated: float
    expires: float | None = None
    position: int | None = None  # how many jobs get a task before this one; 0: next; None: not waiting
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

"""The requests of HTTP API version 1 that are about an operation: a job's envelope, and the question for a plan.

An envelope carries every operation alike: which one, its options, what its tensors cover, models and document.
Coordinates are document pixels: x to the right, y down, half-open boxes, negative outside the canvas. Unknown fields
are refused.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from ..operations.base import Operation
from ..operations.limits import MAX_NAME, MAX_SEED, MAX_SIDE, MAX_WEIGHT, MAX_WORD, REFINED_FROM
from ..operations.options import (
    NUMBER,
    EdgeOptions,
    EditOptions,
    FillOptions,
    Flag,
    KeepOptions,
    MarginOptions,
    ModelOptions,
    PaintOptions,
    StrengthOptions,
    TaskOptions,
)
from ..operations.registry import Registry, builtin
from ..operations.table import model_option
from .tasks import ModelRef

BASE = "base"  # the role of the model that paints
REFINER = "refiner"  # and of the one that does the end of its schedule
MAX_MODELS = 16  # of one job: a base and what is added to it
MAX_INPUTS = 32  # of one job


class Request(BaseModel):
    """A message to the daemon: unknown fields are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


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

    operation: str  # its name

    @field_validator("operation")
    @classmethod
    def _known(cls, operation: str) -> str:
        if operation not in cls.operations:
            *first, last = (repr(name) for name in cls.operations.names)
            known = f"{', '.join(first)} or {last}" if first else last
            raise PydanticCustomError("enum", "Input should be {expected}", {"expected": known})
        return operation

    @field_validator("params", check_fields=False)  # a field of those that are derived
    @classmethod
    def _own_options(cls, params: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """Kept as they were sent, once they are right."""
        name = info.data.get("operation")
        if name is not None:
            _check_options(cls.operations.get(name), params)
        return params

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        handler.resolve_ref_schema(schema)["properties"]["operation"]["enum"] = list(cls.operations.names)
        return schema

    @property
    def spec(self) -> Operation:
        return self.operations.get(self.operation)


class Input(Request):
    """What the tensor of a role covers, and how its numbers are to be read.

    profile: "icc" is the tensor of that name, else a profile's name; None: sRGB. media_type: of an encoded picture,
    whose tensor holds the bytes of the file; it has no bounds, everything else has. name: of a reference, as its host
    calls the layer or file: a prompt mentions it as <layer:name>.
    """

    bounds: Box | None = None
    profile: Annotated[str, Field(max_length=200)] | None = None
    media_type: Literal["image/png", "image/jpeg"] | None = None
    name: Annotated[str, Field(max_length=500)] = ""


class ModelUse(Request):
    """A model that a job uses. model: its key, name, file or hub id. role: base paints, others (lora) are added to it,
    and a refiner does the end of its schedule. weight: of what is added, 1 as it was trained. start: of the schedule,
    where a refiner takes over; others do not read it.
    """

    model: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    role: Annotated[str, Field(min_length=1, max_length=MAX_WORD)] = BASE
    weight: Annotated[float, Field(ge=-MAX_WEIGHT, le=MAX_WEIGHT), NUMBER] = 1.0
    start: Annotated[float, Field(ge=0, le=1), NUMBER] = REFINED_FROM


class JobRequest(OfOperation):
    """The message of a request frame. Its tensors have the names of the roles in `inputs`; `icc` U8[n] is a profile.

    params: options of the operation, those that are left out are its own. inputs: by role. models: none, the default
    one. client_data: the plug-in's own notes, given back as they are.
    """

    version: Annotated[int, Field(ge=1), NUMBER]  # of the operation's options
    params: dict[str, Any] = {}
    inputs: Annotated[dict[str, Input], Field(max_length=MAX_INPUTS)] = {}
    models: Annotated[list[ModelUse], Field(max_length=MAX_MODELS)] = []
    document: Document
    client_data: Annotated[dict[str, str], Field(max_length=16)] = {}

    @field_validator("version")
    @classmethod
    def _same_version(cls, version: int, info: ValidationInfo) -> int:
        name = info.data.get("operation")
        if name is not None and version != cls.operations.get(name).version:
            text = "{operation} has version {own} here; bring Layerbridge and its plug-in to one version"
            raise PydanticCustomError("version", text, {"operation": name, "own": cls.operations.get(name).version})
        return version

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        options = self.options
        if self.spec.has_option("margins") and options.margins.is_empty:
            raise ValueError(f"{self.operation} needs a margin of at least one pixel on one side")
        if options.seed is not None and options.seed + options.num_images - 1 > MAX_SEED:
            raise ValueError(f"seed + num_images - 1 must be at most {MAX_SEED}")
        given = (self.inputs[role].bounds for role in ("image", "mask") if role in self.inputs)
        covered = [box for box in given if box is not None]
        if len(covered) == 2 and covered[0] != covered[1]:
            raise ValueError("image and mask must cover the same bounds")
        return self

    @cached_property
    def own(self) -> Any:
        """The operation's options, as its own class has them."""
        named = model_option(self.spec)
        return self.spec.params.model_validate(self.params | ({named: self.base_model} if named else {}))

    @cached_property
    def options(self) -> PaintOptions:
        """The options that painting knows; those that the operation does not have say nothing."""
        own, known = self.own, PaintOptions.model_fields
        return PaintOptions.model_construct(
            **{name: getattr(own, name) for name in self.spec.params.model_fields if name in known}
        )

    @property
    def base_model(self) -> str | None:
        """None: the default one."""
        return next((use.model for use in self.models if use.role == BASE), None)

    @property
    def adapters(self) -> list[ModelUse]:
        """What is added to the model that paints."""
        return [use for use in self.models if use.role not in (BASE, REFINER)]

    @property
    def refiners(self) -> list[ModelUse]:
        """What does the end of its schedule; one is the most that a job may have."""
        return [use for use in self.models if use.role == REFINER]

    @property
    def bounds(self) -> Box:
        """What image and mask cover; the whole document where neither was sent."""
        given = (self.inputs[role].bounds for role in ("image", "mask") if role in self.inputs)
        whole = Box(x=0, y=0, width=self.document.width, height=self.document.height)
        return next((box for box in given if box is not None), whole)

    @property
    def profile(self) -> str | None:
        """Of the picture: "icc", a name, or None for sRGB."""
        return self.inputs["image"].profile if "image" in self.inputs else None

    def changed(self, **fields: Any) -> Self:
        """The same but for these fields, and checked again."""
        return type(self).model_validate({**self.model_dump(), **fields})

    @property
    def paints_beside(self) -> bool:
        """Whether a base model paints a part of what an operation does that names no base model."""
        paints = self.spec.requires.paints
        return paints is not None and getattr(self.own, paints[0]) == paints[1]

    def resolved(self, seed: int, model: ModelRef | None) -> Self:
        """With what the daemon has chosen. model: with what is added to it; None: none paints it."""
        model = None if self.paints_beside else model
        params = self.params | ({"seed": seed} if self.spec.has_option("seed") else {})
        if model is None and self.spec.has_option("fill_with"):
            params["fill_with"] = "example"
        if model is None:
            return self.changed(params=params, models=[])
        added: list[dict[str, Any]] = [
            {"model": one.name, "role": one.role, "weight": one.weight} for one in model.adapters
        ]
        if model.refiner is not None:
            added.append({"model": model.refiner.name, "role": REFINER, "start": model.refined_from})
        return self.changed(params=params, models=[{"model": model.name}, *added])


def _check_options(operation: Operation, params: dict[str, Any]) -> None:
    """Raises ValidationError that names the options."""
    named = model_option(operation)
    strange = [name for name in params if name == named or not operation.has_option(name)]
    if strange:
        fault = PydanticCustomError("no_such_option", "{operation} has no such option", {"operation": operation.name})
        raise ValidationError.from_exception_data(
            "params", [InitErrorDetails(type=fault, loc=(name,), input=params[name]) for name in strange]
        )
    operation.params.model_validate(params)


class PlanRequest(
    KeepOptions,
    EdgeOptions,
    EditOptions,
    StrengthOptions,
    ModelOptions,
    FillOptions,
    MarginOptions,
    TaskOptions,
    OfOperation,
):
    """What a plug-in asks before it reads a pixel."""

    document: Document
    selection: Box | None = None  # None: no selection, the whole canvas (or layer, for img2img) is meant
    layer: Box | None = None  # the layer's box, where an unselected img2img means that layer only
    has_prompt: Flag = False  # whether the job will have a prompt: some models then paint a large area only once
    further: Annotated[list[Annotated[str, Field(max_length=MAX_WORD)]], Field(max_length=MAX_INPUTS)] = Field(
        default=[]
    )
    # the roles of further pictures that the job will have: where pieces come from one, it is filled by example
    params: dict[str, Any] = Field(default={})  # options of the operation, checked as those of a job

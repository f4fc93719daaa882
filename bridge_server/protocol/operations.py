"""The answer of GET /v1/operations: every operation with its inputs, outputs and options."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from ..operations.base import Durability, Lane, OutputKind, Source, Unselected
from ..operations.registry import Registry
from ..operations.table import describe
from ..operations.ui import Group
from .messages import Response


class InputInfo(Response):
    """What is captured for a role."""

    role: str
    title: str
    required: bool
    source: Source | None  # of an image: what is taken where the user did not choose
    unselected: Unselected | None  # of a mask: what happens where nothing is selected
    description: str  # what it is for
    absent: str  # what stands for it where no picture is given; empty: none
    whole: bool  # whether all that is visible is offered as well
    shown_when: str  # as of an option; where a picture was given, it is shown as well


class OutputInfo(Response):
    """What is applied for a role."""

    role: str
    kind: OutputKind
    title: str  # the layer's name, where there is no prompt
    several: bool  # one for each variation
    grows_canvas: bool
    hides_source: bool  # the layer that was read is hidden
    stack: str  # the group that its layer lies in with those of the other outputs, the first lowest; empty: none


class MenuInfo(Response):
    order: int
    mnemonic: str
    asks: bool  # whether a dialog comes first


class OptionInfo(Response):
    """An option, and how a form shows it. What is left out of a request is automatic, where `automatic` says so."""

    name: str
    title: str
    description: str
    type: str  # text, integer, number, boolean, choice, choices (several), margins
    widget: str
    group: Group
    unit: str
    default: Any  # what a form begins with; None: automatic
    automatic: bool
    automatic_is: float | str | None  # a number, or where it is found: model.steps, plan.grow, models.default, random
    minimum: float | None
    maximum: float | None
    step: float | None
    lines: int
    max_length: int | None
    choices: list[str] | None
    labels: dict[str, str]  # by the word of a choice: what is shown of it, where that is not the word
    choices_from: str  # models, model.samplers; "" where choices has them
    hint: str  # what an empty field shows
    required: bool
    optional_with: str  # where it is required: another option's value with which it is not, such as edit_task=remove
    shown_when: str  # "" always; selection; model.X; plan.X
    argument: str  # its name in GIMP's procedures where that is shorter; "": the same


class OperationInfo(Response):
    name: str
    title: str
    description: str
    help: str
    version: int
    menu: MenuInfo
    inputs: list[InputInfo]
    outputs: list[OutputInfo]
    lane: Lane
    durability: Durability
    stages: list[str]
    plans: bool  # whether POST /v1/plan is asked before
    estimates: bool  # whether POST /v1/plan, given its options, tells how long it will take
    needs_model: bool
    options: list[OptionInfo]
    params: dict[str, Any] = Field(default={}, alias="schema")  # JSON Schema of the options together

    @model_serializer(mode="wrap")
    def _named(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Under its alias: `schema` itself is a method of every message."""
        values = handler(self)
        return {**{name: value for name, value in values.items() if name != "params"}, "schema": values["params"]}


class OperationList(Response):
    operations: list[OperationInfo]


def operation_list(operations: Registry) -> OperationList:
    """In the order of the menus."""
    found = [{**describe(operation), "schema": operation.params.model_json_schema()} for operation in operations.all()]
    return OperationList.model_validate({"operations": found})

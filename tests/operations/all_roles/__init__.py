"""A toy operation that takes every input and makes every output that editors know; a real daemon can run it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bridge_server.operations.base import InputSpec, Menu, Operation, OutputSpec, Requirements
from bridge_server.operations.options import Options
from bridge_server.operations.registry import Registry, builtin
from bridge_server.operations.ui import Ui

BrightnessOption = Annotated[
    int,
    Field(ge=0, le=100, title="Brightness", description="Of the layer."),
    Ui("slider", group="main", unit="%", step=5),
]


class AllRolesParams(Options):
    brightness: BrightnessOption = 50


ALL_ROLES = Operation(
    name="all_roles",
    title="Use All Roles",
    description="Takes and makes one of each.",
    params=AllRolesParams,
    inputs={
        "image": InputSpec("Source", source="visible"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
        "reference/1": InputSpec("Style"),
        "control/1": InputSpec("Pose", required=False),
    },
    outputs={
        "layer": OutputSpec("layer", "Painted"),
        "subject": OutputSpec("selection", "Subject"),
        "large": OutputSpec("document", "Large picture"),
        "words": OutputSpec("text", "Words"),
    },
    menu=Menu(5, "U"),
    lane="tool",
    stages=("working",),
    requires=Requirements(model=False),
)


def with_all_roles() -> Registry:
    operations = builtin()
    operations.register(ALL_ROLES)
    return operations

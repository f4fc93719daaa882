"""An operation that reads every kind of input and makes every kind of output. Nothing of the product knows of it.

Its daemon and worker know the toy family of tests/families too.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bridge_server.operations.base import InputSpec, Menu, Operation, OutputSpec, Requirements
from bridge_server.operations.options import Options
from bridge_server.operations.registry import Registry, builtin
from bridge_server.operations.ui import Ui

AmountOption = Annotated[
    int,
    Field(ge=1, le=9, title="Amount", description="How much of it."),
    Ui("slider", group="main", unit="px", step=1),
]
NewOption = Annotated[
    bool,
    Field(title="Quick", description="Which only a newer daemon knows."),
    Ui("check", group="main"),
]


class ToyParams(Options):
    toy_amount: AmountOption = 3


class NewerParams(ToyParams):
    toy_newer: NewOption = True


INPUTS = {
    "image": InputSpec("Source", source="layer"),
    "mask": InputSpec("Selection", required=False),
    "reference/1": InputSpec("Style"),
    "control/1": InputSpec("Pose", required=False),
}
OUTPUTS = {
    "layer": OutputSpec("layer", "Inverted"),
    "selection": OutputSpec("selection", "Middle"),
    "document": OutputSpec("document", "Negative"),
    "text": OutputSpec("text", "Description"),
}


def toy(params: type[Options] = ToyParams, version: int = 1) -> Operation:
    return Operation(
        name="toy-roles",
        title="Play with Roles",
        description="Uses every role once, for the tests.",
        params=params,
        inputs=INPUTS,
        outputs=OUTPUTS,
        menu=Menu(5, "P"),
        version=version,
        lane="tool",
        stages=("playing",),
        requires=Requirements(model=False),
    )


def with_toy(operation: Operation) -> Registry:
    operations = builtin()
    operations.register(operation)
    return operations

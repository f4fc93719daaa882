"""A toy operation with a toy option, as somebody would add one: nothing of the product knows of it."""

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


class ToyParams(Options):
    toy_amount: AmountOption = 3


TOY = Operation(
    name="toy",
    title="Play with It",
    description="Does something for the tests.",
    params=ToyParams,
    inputs={"image": InputSpec("Source", source="layer")},
    outputs={"layer": OutputSpec("layer", "Toy")},
    menu=Menu(5, "P"),
    lane="tool",
    requires=Requirements(model=False),
)


def with_toy() -> Registry:
    operations = builtin()
    operations.register(TOY)
    return operations

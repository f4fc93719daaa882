"""What an operation is: its options, what it reads and makes, and how it is carried out. Says nothing of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from .ui import Shown

Source = Literal["layer", "visible"]
Unselected = Literal["everything", "refused"]
Lane = Literal["interactive", "paint", "tool", "io", "train"]
Durability = Literal["durable", "ephemeral"]


@dataclass(frozen=True)
class InputSpec:
    """What an editor captures for a role: image, mask, reference/1, control/1 …

    required: a request without it is refused. source: of an image, whether the active layer or all that is visible is
    taken where the user did not choose. unselected: of a mask, what happens where nothing is selected.
    """

    title: str
    required: bool = True
    source: Source | None = None
    unselected: Unselected | None = None


@dataclass(frozen=True)
class OutputSpec:
    """What an editor applies: a layer with its mask, a selection, a document of another size, or a text.

    title: of the layer where there is no prompt to name it by. several: one for each variation. grows_canvas: the
    canvas becomes as large as the result says.
    """

    kind: Literal["layer", "selection", "document", "text"]
    title: str
    several: bool = False
    grows_canvas: bool = False


@dataclass(frozen=True)
class Menu:
    """order: of the menu entries. mnemonic: the letter of the title that is underlined. asks: a dialog comes first."""

    order: int
    mnemonic: str = ""
    asks: bool = True


@dataclass(frozen=True)
class Requirements:
    """What must be there to run it. model: a base model that paints."""

    model: bool = True


@dataclass(frozen=True)
class Operation:
    """Something that a user can ask for.

    name: on the wire, for ever. version: of its options; a stored request of another one is read leniently. planner:
    which rule of plan/given.py finds the boxes, None: there is nothing to plan. params: its options, in the order in
    which forms show them. automatic: what an option that is left out stands for, where that is a number of this
    operation's own. shown: how its options are shown otherwise than they are declared. stages: of its progress.
    """

    name: str
    title: str
    description: str
    params: type[BaseModel]
    inputs: Mapping[str, InputSpec]
    outputs: Mapping[str, OutputSpec]
    menu: Menu
    version: int = 1
    help: str = ""
    planner: str | None = None
    lane: Lane = "paint"
    durability: Durability = "durable"
    stages: tuple[str, ...] = ("loading", "encoding", "denoising", "decoding")
    requires: Requirements = Requirements()
    automatic: Mapping[str, float] = field(default_factory=dict[str, float])
    shown: Mapping[str, Shown] = field(default_factory=dict[str, Shown])

    def needs(self, role: str) -> bool:
        """Whether a request must bring this input."""
        return role in self.inputs and self.inputs[role].required

    def has_option(self, name: str) -> bool:
        return name in self.params.model_fields

    def options(self, request: object) -> Any:
        """Its own options out of a request that has more. Raises pydantic.ValidationError."""
        return self.params.model_validate({name: getattr(request, name) for name in self.params.model_fields})

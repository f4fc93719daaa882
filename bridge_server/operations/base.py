"""What an operation is: its options, what it reads and makes, and how it is carried out. Says nothing of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from .ui import Shown

Source = Literal["layer", "visible"]
Unselected = Literal["everything", "refused"]
Lane = Literal["interactive", "paint", "tool", "io", "train"]
Durability = Literal["durable", "ephemeral"]
OutputKind = Literal["layer", "selection", "document", "text"]


PAINT_STAGES = ("loading", "encoding", "denoising", "decoding")
FILL_STAGES = (*PAINT_STAGES, "preparing", "filling")  # of those that can also fill by example


@dataclass(frozen=True)
class InputSpec:
    """What an editor captures for a role: image, mask, reference/1, control/1 …

    required: a request without it is refused. source: of an image, whether the active layer or all that is visible is
    taken where the user did not choose. unselected: of a mask, what happens where nothing is selected. description:
    what it is for, as a tip. absent: what stands for it where no picture is given, as forms call that choice; "": none.
    whole: whether all that is visible is offered as well. shown_when: as of an option (ui.py); where a picture was
    given, it is shown as well.
    """

    title: str
    required: bool = True
    source: Source | None = None
    unselected: Unselected | None = None
    description: str = ""
    absent: str = ""
    whole: bool = False
    shown_when: str = ""


SAMPLE = InputSpec(
    "Sample from",
    required=False,
    description="By example: pieces come from what is opaque in this layer or file, instead of all around.",
    absent="All around",
)  # of those that fill by example: the first reference


SHOWN_TO_A_MODEL = "model.references"  # when a reference is offered: the model takes some


def references(count: int) -> dict[str, InputSpec]:
    """Pictures that the model is shown beside that of the document, by role."""
    text = "A layer or file that the model is shown, if it takes so many. A prompt mentions a layer as <layer:name>."
    return {
        f"reference/{number}": InputSpec(
            f"Reference {number}",
            required=False,
            description=text,
            absent="None",
            whole=True,
            shown_when=SHOWN_TO_A_MODEL,
        )
        for number in range(1, count + 1)
    }


@dataclass(frozen=True)
class OutputSpec:
    """What an editor applies: a layer with its mask, a selection, a document of another size, or a text.

    title: of the layer where there is no prompt to name it by. several: one for each variation. grows_canvas: the
    canvas becomes as large as the result says. hides_source: the layer that was read is hidden, since what the result
    does not show is not to be seen. stack: of layers that belong together, the name of their group, in which they lie
    in the order of the outputs, the first lowest; where all of a layer was read, it is hidden. "": it is no such layer.
    """

    kind: OutputKind
    title: str
    several: bool = False
    grows_canvas: bool = False
    hides_source: bool = False
    stack: str = ""


def stacked(count: int, stack: str) -> dict[str, OutputSpec]:
    """Outputs by role, of a result that is up to `count` layers in a group called `stack`, the lowest first. A runner
    makes as many of them as it finds, from the first on.
    """
    return {
        f"layer-{number}": OutputSpec("layer", f"Layer {number}", several=True, stack=stack)
        for number in range(1, count + 1)
    }


@dataclass(frozen=True)
class Menu:
    """order: of the menu entries. mnemonic: the letter of the title that is underlined. asks: a dialog comes first."""

    order: int
    mnemonic: str = ""
    asks: bool = True


@dataclass(frozen=True)
class Requirements:
    """What must be there to run it. model: a base model that paints. network: nothing, but the model option may name
    a network of this role (models/described.py), such as segmenter; empty: none. paints: an option, and its value with
    which the base model that is the default paints as well. kind: which models can, where not all that paint can, as a
    sentence goes on after "needs". otherwise: an option, and by its value the operation that does it with a model that
    cannot.
    """

    model: bool = True
    network: str = ""
    paints: tuple[str, str] | None = None
    kind: str = ""
    otherwise: tuple[str, Mapping[str, str]] | None = None


@dataclass(frozen=True)
class Operation:
    """Something that a user can ask for.

    name: on the wire, for ever. version: of its options; a stored request of another one is read leniently. planner:
    which rule of plan/plan_input.py finds the boxes, None: there is nothing to plan. params: its options, in the order
    in which forms show them. automatic: what an option that is left out stands for, where that is this operation's own:
    a number, or which of the model's ("model.img2img_strength"). shown: how its options are shown otherwise than they
    are declared. stages: of its progress. estimate: which rule of http/estimates.py tells how long it will take, None:
    none does.
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
    estimate: str | None = None
    lane: Lane = "paint"
    durability: Durability = "durable"
    stages: tuple[str, ...] = PAINT_STAGES
    requires: Requirements = Requirements()
    automatic: Mapping[str, float | str] = field(default_factory=dict[str, float | str])
    shown: Mapping[str, Shown] = field(default_factory=dict[str, Shown])

    def needs(self, role: str) -> bool:
        """Whether a request must bring this input."""
        return role in self.inputs and self.inputs[role].required

    @property
    def takes_adapters(self) -> bool:
        """Whether something, such as a LoRA, can be added to the model that paints."""
        return self.requires.model and not self.requires.network

    def has_option(self, name: str) -> bool:
        return name in self.params.model_fields

    def strength(self, given: float | None, own: Mapping[str, float]) -> float:
        """0 to 1: what was asked for, else this operation's or, by its name, the model's own.

        own: the model's strengths. Raises KeyError where there is none.
        """
        if given is not None:
            return given
        automatic = self.automatic["strength"]
        return own[automatic.removeprefix("model.")] if isinstance(automatic, str) else automatic

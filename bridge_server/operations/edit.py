"""Edit: change the picture as a sentence says."""

from __future__ import annotations

from .base import PAINT_STAGES, InputSpec, Menu, Operation, OutputSpec, Requirements
from .options import (
    DenoisingOptions,
    EdgeOptions,
    EditOptions,
    KeepOptions,
    ModelOptions,
    PromptOptions,
    SeedOptions,
)
from .ui import Shown


class EditParams(EditOptions, KeepOptions, EdgeOptions, SeedOptions, DenoisingOptions, ModelOptions, PromptOptions):
    """Pydantic takes the fields of the last class first."""


def _reference(number: int) -> InputSpec:
    return InputSpec(
        f"Reference {number}",
        required=False,
        description="Another layer or file that the model is shown, if it takes so many.",
        absent="None",
    )


# All that is visible: what the model is to change is what the user sees.
OPERATION = Operation(
    name="edit",
    title="Edit by Instruction",
    description="Change the picture, or the selected area, as your sentence says, as a new layer.",
    help="Say what to change, such as “make the coat red” or “put it in snow”. A selection limits where the result "
    "shows; with none, only what has changed is shown. References show the model what you mean.",
    params=EditParams,
    inputs={
        "image": InputSpec("Source", source="visible"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
        "reference/1": _reference(1),
        "reference/2": _reference(2),
        "reference/3": _reference(3),
    },
    outputs={"layer": OutputSpec("layer", "Edited", several=True)},
    menu=Menu(55, "d"),
    planner="edit",
    stages=(*PAINT_STAGES, "fitting"),
    requires=Requirements(kind="a model that edits by instruction, such as FLUX.2 Klein"),
    automatic={"strength": 1.0},
    shown={"prompt": Shown(hint="What to change, such as: make the coat red", required=True)},
)

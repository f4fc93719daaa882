"""Edit: change the picture as a sentence says."""

from __future__ import annotations

from .base import FILL_STAGES, InputSpec, Menu, Operation, OutputSpec, Requirements, references
from .options import (
    DenoisingOptions,
    EdgeOptions,
    EditOptions,
    KeepOptions,
    ModelOptions,
    PromptOptions,
    SeedOptions,
    TaskOptions,
)
from .ui import Shown


class EditParams(
    EditOptions, KeepOptions, EdgeOptions, SeedOptions, DenoisingOptions, ModelOptions, PromptOptions, TaskOptions
):
    """Pydantic takes the fields of the last class first."""


WITHOUT_EDITING = {"add": "inpaint", "replace": "inpaint", "remove": "remove"}  # by the task


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
        **references(3),
    },
    outputs={"layer": OutputSpec("layer", "Edited", several=True)},
    menu=Menu(55, "d"),
    planner="edit",
    stages=(*FILL_STAGES, "fitting"),
    requires=Requirements(
        kind="a model that edits by instruction, such as FLUX.2 Klein", otherwise=("edit_task", WITHOUT_EDITING)
    ),
    automatic={"strength": 1.0},
    shown={
        "prompt": Shown(
            hint="What to change, such as: make the coat red",
            required=True,
            optional_with="edit_task=remove edit_task=harmonize",
        )
    },
)

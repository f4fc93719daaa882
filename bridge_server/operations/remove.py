"""Remove: inpaint without a prompt, so that the surroundings go on where something was."""

from __future__ import annotations

from .base import FILL_STAGES, SAMPLE, InputSpec, Menu, Operation, OutputSpec
from .options import (
    DenoisingOptions,
    EdgeOptions,
    EditOptions,
    FillOptions,
    KeepOptions,
    ModelOptions,
    PieceOptions,
    SeedOptions,
    StrengthOptions,
)
from .ui import Shown


class RemoveParams(
    PieceOptions,
    EditOptions,
    KeepOptions,
    EdgeOptions,
    SeedOptions,
    DenoisingOptions,
    StrengthOptions,
    ModelOptions,
    FillOptions,
):
    """Those of inpaint but for the prompts."""


# Refused where nothing is selected: to remove everything is never meant. All that is visible, as for inpaint.
OPERATION = Operation(
    name="remove",
    title="Remove Selection",
    description="Fill the selected area with its surroundings, as a new layer.",
    help="Needs no model: by example, it takes pieces of the picture around. A model does it where you have added one.",
    params=RemoveParams,
    inputs={
        "image": InputSpec("Source", source="visible"),
        "mask": InputSpec("Selection", unselected="refused"),
        "reference/1": SAMPLE,
    },
    outputs={"layer": OutputSpec("layer", "Removed", several=True)},
    menu=Menu(20, "R", asks=False),
    planner="inpaint",
    automatic={"strength": 1.0},
    stages=FILL_STAGES,
    shown={
        "model": Shown(automatic_is="plan.model"),
        "strength": Shown(shown_when="plan.model"),
        "steps": Shown(shown_when="plan.model"),
        "guidance_scale": Shown(shown_when="model.guidance plan.model"),
        "sampler": Shown(shown_when="plan.model"),
    },
)

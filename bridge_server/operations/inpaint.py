"""Inpaint: repaint what is selected."""

from __future__ import annotations

from .base import FILL_STAGES, InputSpec, Menu, Operation, OutputSpec, references
from .options import (
    DenoisingOptions,
    EdgeOptions,
    EditOptions,
    FillOptions,
    KeepOptions,
    ModelOptions,
    PieceOptions,
    PromptOptions,
    SeedOptions,
    StrengthOptions,
)
from .ui import Shown


class InpaintParams(
    PieceOptions,
    EditOptions,
    KeepOptions,
    EdgeOptions,
    SeedOptions,
    DenoisingOptions,
    StrengthOptions,
    ModelOptions,
    FillOptions,
    PromptOptions,
):
    """Pydantic takes the fields of the last class first."""


# All that is visible, in both editors: the model has to see what the user sees, earlier results on layers included.
OPERATION = Operation(
    name="inpaint",
    title="Inpaint Selection",
    description="Repaint the selected area from a prompt, as a new layer.",
    help="The selection may be soft. With nothing selected the whole picture is repainted.",
    params=InpaintParams,
    inputs={
        "image": InputSpec("Source", source="visible"),
        "mask": InputSpec("Selection", unselected="everything"),
        **references(3),
    },
    outputs={"layer": OutputSpec("layer", "Inpaint", several=True)},
    menu=Menu(10, "I"),
    planner="inpaint",
    automatic={"strength": 1.0},
    stages=FILL_STAGES,
    shown={
        "model": Shown(automatic_is="plan.model"),
        "prompt": Shown(hint="What to paint there; empty continues the surroundings"),
    },
)

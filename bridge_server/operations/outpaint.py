"""Outpaint: paint beyond the edges of the picture."""

from __future__ import annotations

from .base import FILL_STAGES, SAMPLE, InputSpec, Menu, Operation, OutputSpec
from .options import (
    DenoisingOptions,
    EdgeOptions,
    EditOptions,
    FillOptions,
    MarginOptions,
    Margins,
    MarginsOption,
    ModelOptions,
    PieceOptions,
    PromptOptions,
    SeedOptions,
    StrengthOptions,
)
from .ui import Shown


class OutpaintParams(
    PieceOptions,
    EditOptions,
    EdgeOptions,
    SeedOptions,
    DenoisingOptions,
    StrengthOptions,
    ModelOptions,
    FillOptions,
    MarginOptions,
    PromptOptions,
):
    """Its edge is that of the canvas: there is no selection to keep to."""

    margins: MarginsOption = Margins(left=128, right=128)  # to both sides: a wider picture is the usual wish


# All that is visible: what goes on beyond the edge is the picture as it is seen.
OPERATION = Operation(
    name="outpaint",
    title="Outpaint",
    description="Paint beyond the edges of the picture, as a new layer on a larger canvas.",
    help="The canvas grows by the margins when the result is inserted, in the same undo step.",
    params=OutpaintParams,
    inputs={"image": InputSpec("Source", source="visible"), "reference/1": SAMPLE},
    outputs={"layer": OutputSpec("layer", "Outpaint", several=True, grows_canvas=True)},
    menu=Menu(30, "O"),
    planner="outpaint",
    automatic={"strength": 1.0},
    stages=FILL_STAGES,
    shown={
        "model": Shown(automatic_is="plan.model"),
        "prompt": Shown(hint="What lies beyond the edges; empty continues the picture"),
        "margins": Shown(required=True),
        "grow": Shown(shown_when=""),
        "feather": Shown(shown_when=""),
        "padding": Shown(shown_when=""),
    },
)

"""Separate into Layers: a picture as several layers with alpha, one over the other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import InputSpec, Menu, Operation, Requirements, stacked
from .limits import MAX_LAYERS
from .options import NUMBER, DenoisingOptions, Flag, ModelOptions, PromptOptions, SeedOptions
from .ui import Shown, Ui

LayerCountOption = Annotated[
    Annotated[int, Field(ge=2, le=MAX_LAYERS), NUMBER],
    Field(title="Layers", description="How many layers the picture becomes, the background among them."),
    Ui("number", group="main", step=1, argument="layers"),
]
OwnPixelsOption = Annotated[
    Flag,
    Field(
        title="Keep detail",
        description="What is seen of a layer gets the picture's own pixels, at its full resolution. What was hidden is "
        "the model's.",
    ),
    Ui("check", group="main"),
]


class SeparateParams(SeedOptions, DenoisingOptions, ModelOptions, PromptOptions):
    """Pydantic takes the fields of the last class first."""

    layer_count: LayerCountOption = 4
    own_pixels: OwnPixelsOption = True


# The active layer: it is what comes apart, and the group stands in its place.
OPERATION = Operation(
    name="separate",
    title="Separate into Layers",
    description="Take a layer, or the selected part of it, apart into several layers with transparency, in a group.",
    help="What lies behind something is painted by the model, so that each layer can be moved. The prompt describes "
    "the whole picture; where it is empty, the model describes it by itself.",
    params=SeparateParams,
    inputs={
        "image": InputSpec("Source", source="layer"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
    },
    outputs=stacked(MAX_LAYERS, "Layers"),
    menu=Menu(67, "L"),
    planner="separate",
    stages=("loading", "encoding", "describing", "denoising", "decoding", "fitting"),
    requires=Requirements(kind="a model that divides pictures into layers, such as Qwen-Image-Layered"),
    automatic={"strength": 1.0},
    shown={"prompt": Shown(hint="What the picture shows; empty: the model describes it")},
)

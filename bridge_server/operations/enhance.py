"""Enhance: less noise, sharper edges and no JPEG blocks, at the picture's own size."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import InputSpec, Menu, Operation, OutputSpec, Requirements
from .options import NUMBER, Options
from .ui import Ui

Amount = Annotated[float, Field(ge=0.0, le=1.0), NUMBER]
DenoiseOption = Annotated[
    Amount,
    Field(title="Reduce noise", description="How much of the noise is taken away; half suits most photographs."),
    Ui("percent", group="main", unit="%", step=0.05),
]
SharpenOption = Annotated[
    Amount,
    Field(title="Sharpen", description="How much edges and fine detail are sharpened; no edge gets a halo."),
    Ui("percent", group="main", unit="%", step=0.05),
]
DeblockOption = Annotated[
    Amount,
    Field(title="Remove JPEG blocks", description="How much is smoothed where the blocks of a JPEG show."),
    Ui("percent", group="main", unit="%", step=0.05),
]


class EnhanceParams(Options):
    denoise: DenoiseOption = 0.5
    sharpen: SharpenOption = 0.5
    deblock: DeblockOption = 0.5


# The active layer: "a better version of this layer" is what is meant, and the result lies above it.
OPERATION = Operation(
    name="enhance",
    title="Enhance",
    description="Make a cleaner, sharper copy of the layer or the selected area, as a new layer.",
    help="Needs no model. How strong noise and blocks are is measured; where there are none, nothing is smoothed.",
    params=EnhanceParams,
    inputs={
        "image": InputSpec("Source", source="layer"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
    },
    outputs={"layer": OutputSpec("layer", "Enhanced")},
    menu=Menu(68, "n"),
    lane="tool",
    stages=("preparing", "measuring", "enhancing"),
    requires=Requirements(model=False),
)

"""Upscale: the picture two to four times as large."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import InputSpec, Menu, Operation, OutputSpec, Requirements
from .options import NetworkOption, Options
from .ui import Ui

ScaleOption = Annotated[
    Literal["2", "3", "4"],
    Field(title="Scale", description="How many times as wide and high it becomes."),
    Ui("choice", group="main"),
]


TreatAsOption = Annotated[
    Literal["photograph", "drawing"],
    Field(
        title="Treat as",
        description="Photograph: nothing is invented, edges are sharpened without halos, and it takes seconds. "
        "Drawing: a small network draws edges anew, which suits comics, logos and line art and takes minutes.",
    ),
    Ui("choice", group="main"),
]


class UpscaleParams(Options):
    scale: ScaleOption = "2"
    treat_as: TreatAsOption = "photograph"
    model: NetworkOption = None  # None: as treat_as says


# All that is visible: a new document is what is usually wanted of it.
OPERATION = Operation(
    name="upscale",
    title="Upscale",
    description="Enlarge the picture, with sharp edges.",
    help="Needs no model. Photographs stay photographs; drawings are drawn anew by a small network. Another network "
    "is used instead of either where it is chosen as model: Real-ESRGAN x4plus, which draws photographs anew, or your "
    "own.",
    params=UpscaleParams,
    inputs={"image": InputSpec("Source", source="visible")},
    outputs={"document": OutputSpec("document", "Upscaled")},
    menu=Menu(70, "U"),
    lane="tool",
    estimate="upscaling",
    stages=("enlarging",),
    requires=Requirements(model=False, network="upscaler"),
)

"""Replace Background: a color, the old background out of focus, or a painted one, around the picture's subject."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import PAINT_STAGES, InputSpec, Menu, Operation, OutputSpec, Requirements
from .options import NUMBER, PromptOption, SeedOption
from .subject import CleanColorsOption, SegmenterOptions, ThresholdOption
from .ui import Ui

BackgroundOption = Annotated[
    Literal["white", "black", "gray", "color", "blurred", "painted"],
    Field(
        title="Background",
        description="What goes behind the subject; blurred: the old background, out of focus; painted: the prompt's.",
    ),
    Ui("choice", group="main"),
]
ColorOption = Annotated[
    str,
    Field(
        max_length=7,
        pattern="^#?[0-9A-Fa-f]{6}$",
        title="Color",
        description="Of the background “color”, six hexadecimal digits of sRGB, as in #2E7D32.",
    ),
    Ui("text", group="main"),
]
BlurOption = Annotated[
    Annotated[int, Field(ge=1, le=800), NUMBER],
    Field(title="Blur", description="How far the background “blurred” is out of focus."),
    Ui("pixels", group="main", unit="px", step=1),
]


class ReplaceBackgroundParams(SegmenterOptions):
    prompt: PromptOption = ""  # this and the seed: of the background “painted”
    new_background: BackgroundOption = "white"
    background_color: ColorOption = "#2E7D32"
    background_blur: BlurOption = 40
    threshold: ThresholdOption = 0.5
    clean_colors: CleanColorsOption = True
    seed: SeedOption = None


# All that is visible: the new background lies above it, and shows what is left of it through its mask.
OPERATION = Operation(
    name="replace-background",
    title="Replace Background",
    description="Put a new background around the subject, as a new layer.",
    help="Needs no model, but for the background “painted”, which the default model paints around the subject: its "
    "pixels stay as they are.",
    params=ReplaceBackgroundParams,
    inputs={
        "image": InputSpec("Source", source="visible"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
    },
    outputs={"layer": OutputSpec("layer", "Background")},
    menu=Menu(64, "k"),
    lane="tool",
    stages=("finding", "fitting", *PAINT_STAGES, "coloring"),
    requires=Requirements(model=False, network="segmenter", paints=("new_background", "painted")),
)

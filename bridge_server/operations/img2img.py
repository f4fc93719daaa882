"""Image to image: a new version of a layer, or of what is selected of it."""

from __future__ import annotations

from .base import InputSpec, Menu, Operation, OutputSpec, references
from .options import (
    DenoisingOptions,
    EdgeOptions,
    EditOptions,
    KeepOptions,
    ModelOptions,
    PromptOptions,
    SeedOptions,
    StrengthOptions,
)
from .ui import Shown


class Img2ImgParams(
    EditOptions, KeepOptions, EdgeOptions, SeedOptions, DenoisingOptions, StrengthOptions, ModelOptions, PromptOptions
):
    """Pydantic takes the fields of the last class first."""


# The active layer: "a new version of this layer" is what is meant, and the result lies above it.
OPERATION = Operation(
    name="img2img",
    title="Image to Image",
    description="Make a new version of the layer or the selected area, as a new layer.",
    help="Strength says how far the result may leave the original: the most ignores it.",
    params=Img2ImgParams,
    inputs={
        "image": InputSpec("Source", source="layer"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
        **references(3),
    },
    outputs={"layer": OutputSpec("layer", "Image to image", several=True)},
    menu=Menu(40, "t"),
    planner="img2img",
    automatic={"strength": "model.img2img_strength"},
    shown={"prompt": Shown(hint="What the picture becomes"), "strength": Shown(group="main")},
)

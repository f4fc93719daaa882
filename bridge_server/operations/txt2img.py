"""Text to image: a new layer from a prompt alone."""

from __future__ import annotations

from .base import InputSpec, Menu, Operation, OutputSpec, references
from .options import DenoisingOptions, EditOptions, ModelOptions, PromptOptions, SeedOptions
from .ui import Shown


class Txt2ImgParams(EditOptions, SeedOptions, DenoisingOptions, ModelOptions, PromptOptions):
    """There is no picture to keep anything of: no strength, no edge."""


OPERATION = Operation(
    name="txt2img",
    title="Text to Image",
    description="Paint a new layer from a prompt alone.",
    help="The layer fills the selection, or the canvas where nothing is selected.",
    params=Txt2ImgParams,
    inputs={"mask": InputSpec("Selection", required=False, unselected="everything"), **references(3)},
    outputs={"layer": OutputSpec("layer", "Text to image", several=True)},
    menu=Menu(50, "x"),
    planner="txt2img",
    automatic={"strength": 1.0},
    shown={"prompt": Shown(hint="Describe the picture", required=True)},
)

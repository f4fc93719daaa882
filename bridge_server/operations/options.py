"""Every option of a request, declared once: type, limits, default, texts, and how it is shown.

An operation's parameters are made of the small classes below. What the daemon checks, the forms of both plug-ins, the
procedures of GIMP, the command line and the tables in docs/ follow from them (table.py). Lengths are document pixels.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from .limits import (
    MAX_EXTENT,
    MAX_GUIDANCE,
    MAX_IMAGES,
    MAX_NAME,
    MAX_PROMPT,
    MAX_SEED,
    MAX_SIDE,
    MAX_STEPS,
    MAX_WORD,
    MIN_STRENGTH,
)
from .ui import Ui


def _number(value: Any) -> Any:
    """In JSON true is no number and "7" is a text, though pydantic takes both for numbers."""
    if isinstance(value, bool | str):
        raise ValueError("must be a number")
    return value


NUMBER = BeforeValidator(_number)
Flag = Annotated[bool, Field(strict=True)]
Auto = Literal["auto"]


def _changes_something(strength: Any) -> Any:
    if isinstance(_number(strength), int | float) and 0 <= strength < MIN_STRENGTH:
        raise ValueError(f"must be at least {MIN_STRENGTH}; to keep the picture as it is, do not start a job")
    return strength


class Options(BaseModel):
    """Options of an operation: unknown ones are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Margins(Options):
    """How far an outpaint goes beyond each side of the canvas, in document pixels."""

    left: Annotated[int, Field(ge=0, le=MAX_SIDE), NUMBER] = 0
    top: Annotated[int, Field(ge=0, le=MAX_SIDE), NUMBER] = 0
    right: Annotated[int, Field(ge=0, le=MAX_SIDE), NUMBER] = 0
    bottom: Annotated[int, Field(ge=0, le=MAX_SIDE), NUMBER] = 0

    @property
    def is_empty(self) -> bool:
        return not (self.left or self.top or self.right or self.bottom)


EditStep = Literal["fill", "soft_mask", "hires_pass", "align", "color_match", "seam", "residual", "dither"]
Strength = Annotated[float, Field(ge=MIN_STRENGTH, le=1.0), BeforeValidator(_changes_something)]
Length = Annotated[int, Field(ge=0, le=MAX_EXTENT), NUMBER] | Auto

PromptOption = Annotated[
    str,
    Field(max_length=MAX_PROMPT, title="Prompt", description="What the result should show."),
    Ui("text", group="main", lines=3),
]
NegativePromptOption = Annotated[
    str,
    Field(max_length=MAX_PROMPT, title="Negative prompt", description="What the result should not show."),
    Ui("text", group="main", lines=2, shown_when="model.negative_prompt", hint="What the result should not show"),
]
TaskOption = Annotated[
    Literal["instruct", "add", "replace", "remove", "harmonize"],
    Field(
        title="Task",
        description="What is to be done. To add or replace, the prompt names the object alone; to remove or harmonize "
        "it may stay empty.",
    ),
    Ui(
        "choice",
        group="main",
        argument="task",
        labels={
            "instruct": "As the prompt says",
            "add": "Add an object",
            "replace": "Replace an object",
            "remove": "Remove an object",
            "harmonize": "Harmonize a pasted object",
        },
    ),
]
MarginsOption = Annotated[
    Margins,
    Field(title="Expand canvas by", description="How far to paint beyond each edge of the picture."),
    Ui("margins", group="main", unit="px", step=8),
]
ModelOption = Annotated[
    Annotated[str, Field(max_length=MAX_NAME)] | None,
    Field(title="Model", description="Which model is used."),
    Ui("model", automatic_is="models.default", choices_from="models"),
]
FillWithOption = Annotated[
    Literal["example", "model"] | None,
    Field(
        title="Fill",
        description="With a model, or by example: with pieces of the picture around. Automatic: with a model where "
        "there is a prompt or where you have added one, else by example.",
    ),
    Ui("choice", automatic_is="plan.fill_with", labels={"example": "By example", "model": "With a model"}),
]
MirroredOption = Annotated[
    Flag,
    Field(
        title="Mirrored pieces", description="By example: pieces of the picture may also be mirrored left for right."
    ),
    Ui("check", shown_when="plan.by_example"),
]
RotatedOption = Annotated[
    Flag,
    Field(
        title="Rotated pieces",
        description="By example: pieces of the picture may also be rotated, by up to 16 degrees and by right angles.",
    ),
    Ui("check", shown_when="plan.by_example"),
]
NetworkOption = Annotated[
    Annotated[str, Field(max_length=MAX_NAME)] | None,
    Field(title="Model", description="Which model is used."),
    Ui("model", automatic_is="shipped", choices_from="models"),
]
StrengthOption = Annotated[
    Strength | None,
    Field(
        title="Strength",
        description="How far the result may leave the original: the least hardly changes it, the most ignores it.",
    ),
    Ui("percent", unit="%", step=0.05, automatic_is="plan.strength"),
]
StepsOption = Annotated[
    Annotated[int, Field(ge=1, le=MAX_STEPS), NUMBER] | None,
    Field(title="Steps", description="How many denoising steps; more take longer."),
    Ui("slider", step=1, automatic_is="model.steps"),
]
GuidanceOption = Annotated[
    Annotated[float, Field(ge=0.0, le=MAX_GUIDANCE), NUMBER] | None,
    Field(title="Guidance", description="How closely the prompt is followed."),
    Ui("slider", step=0.5, automatic_is="model.guidance_scale", shown_when="model.guidance", argument="guidance"),
]
SamplerOption = Annotated[
    str,
    Field(max_length=MAX_WORD, title="Sampler", description="The method that steps from noise to a picture."),
    Ui("sampler", choices_from="model.samplers"),
]
SeedOption = Annotated[
    Annotated[int, Field(ge=0, le=MAX_SEED), NUMBER] | None,
    Field(title="Seed", description="The same seed with the same settings paints the same picture."),
    Ui("seed", automatic_is="random"),
]
NumImagesOption = Annotated[
    Annotated[int, Field(ge=1, le=MAX_IMAGES), NUMBER],
    Field(title="Variations", description="How many results, with seeds one after another."),
    Ui("number", group="main", step=1),
]
GrowOption = Annotated[
    Length,
    Field(title="Grow", description="How far beyond the selection is repainted in full."),
    Ui("pixels", unit="px", step=1, automatic_is="plan.grow", shown_when="selection"),
]
FeatherOption = Annotated[
    Length,
    Field(title="Feather", description="How wide the soft edge of the result is."),
    Ui("pixels", unit="px", step=1, automatic_is="plan.feather", shown_when="selection"),
]
PaddingOption = Annotated[
    Length,
    Field(
        title="Padding",
        description="How much of the picture around the selection the model sees; by example, how far away pieces of "
        "it may come from, up to 1200 pixels.",
    ),
    Ui("pixels", unit="px", step=8, automatic_is="plan.padding", shown_when="selection"),
]
KeepOption = Annotated[
    Flag,
    Field(title="Keep to selection", description="Change nothing at all outside the selection."),
    Ui("check", shown_when="selection"),
]
DisabledStepsOption = Annotated[
    list[EditStep],
    Field(title="Leave out", description="Steps of the edit that are left out (docs/edit-core.md)."),
    Ui("choices", group="script"),
]


class PromptOptions(Options):
    prompt: PromptOption = ""
    negative_prompt: NegativePromptOption = ""


class TaskOptions(Options):
    edit_task: TaskOption = "instruct"


class MarginOptions(Options):
    margins: MarginsOption = Margins()


class ModelOptions(Options):
    model: ModelOption = None  # None: the daemon's default model


class FillOptions(Options):
    fill_with: FillWithOption = None  # None: the daemon decides


class PieceOptions(Options):
    """Of a fill by example."""

    mirrored: MirroredOption = False
    rotated: RotatedOption = False


class StrengthOptions(Options):
    strength: StrengthOption = None  # None: what the operation's `automatic` says


class DenoisingOptions(Options):
    """None takes the model's own."""

    steps: StepsOption = None
    guidance_scale: GuidanceOption = None
    sampler: SamplerOption = "auto"


class SeedOptions(Options):
    seed: SeedOption = None  # None: the daemon draws one when it accepts the job
    num_images: NumImagesOption = 1


class EdgeOptions(Options):
    """Edge treatment; "auto" derives each from the selection's size and the strength."""

    grow: GrowOption = "auto"
    feather: FeatherOption = "auto"
    padding: PaddingOption = "auto"


class KeepOptions(Options):
    keep_to_selection: KeepOption = False


class EditOptions(Options):
    """`disabled_steps` names the steps of the edit core that are switched off (docs/edit-core.md)."""

    disabled_steps: DisabledStepsOption = []


class PaintOptions(
    PieceOptions,
    KeepOptions,
    EdgeOptions,
    EditOptions,
    DenoisingOptions,
    StrengthOptions,
    SeedOptions,
    ModelOptions,
    FillOptions,
    MarginOptions,
    PromptOptions,
    TaskOptions,
):
    """All options that painting reads, whichever of them an operation has."""

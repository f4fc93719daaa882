"""Select Subject: finds what a picture is of, as a selection."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import InputSpec, Menu, Operation, OutputSpec, Requirements
from .options import NUMBER, Flag
from .subject import SegmenterOptions, ThresholdOption
from .ui import Ui

FollowEdgesOption = Annotated[
    Flag,
    Field(title="Follow edges", description="Fit the selection to the picture, down to single hairs."),
    Ui("check", group="main"),
]
SoftenOption = Annotated[
    Annotated[int, Field(ge=0, le=100), NUMBER],
    Field(title="Soften", description="How wide the selection's edge is blurred."),
    Ui("pixels", group="main", unit="px", step=1),
]


class SelectSubjectParams(SegmenterOptions):
    threshold: ThresholdOption = 0.5
    follow_edges: FollowEdgesOption = True
    soften: SoftenOption = 0


# All that is visible: what the user sees has a subject, a single layer need not.
OPERATION = Operation(
    name="select-subject",
    title="Select Subject",
    description="Find the subject of the picture and select it.",
    help="Needs no model. Where something is selected, the subject is looked for in there alone.",
    params=SelectSubjectParams,
    inputs={
        "image": InputSpec("Source", source="visible"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
    },
    outputs={"selection": OutputSpec("selection", "Subject")},
    menu=Menu(60, "e"),
    lane="tool",
    stages=("finding", "fitting"),
    requires=Requirements(model=False, network="segmenter"),
)

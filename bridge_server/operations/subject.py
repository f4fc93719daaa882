"""What the operations share that find the subject of a picture: their options."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .options import NUMBER, Flag, NetworkOption, Options
from .ui import Ui

ThresholdOption = Annotated[
    Annotated[float, Field(ge=0.05, le=0.95), NUMBER],
    Field(title="Threshold", description="How surely something must be part of the subject; less selects more."),
    Ui("percent", group="main", unit="%", step=0.05),
]
CleanColorsOption = Annotated[
    Flag,
    Field(title="Clean edges", description="Take the old background's color out of hair and soft edges."),
    Ui("check", group="main"),
]


class SegmenterOptions(Options):
    model: NetworkOption = None  # None: U²-Net-p, which ships with Layerbridge

"""Cut Out to Layer: the picture's subject alone, transparent around."""

from __future__ import annotations

from .base import InputSpec, Menu, Operation, OutputSpec, Requirements
from .subject import CleanColorsOption, SegmenterOptions, ThresholdOption


class CutOutParams(SegmenterOptions):
    threshold: ThresholdOption = 0.5
    clean_colors: CleanColorsOption = True


# All that is visible: what the user sees has a subject, a single layer need not.
OPERATION = Operation(
    name="cut-out",
    title="Cut Out to Layer",
    description="Put the subject on a new layer, transparent around.",
    help="Needs no model. The layer is as small as the subject, and can be moved onto another picture.",
    params=CutOutParams,
    inputs={
        "image": InputSpec("Source", source="visible"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
    },
    outputs={"layer": OutputSpec("layer", "Subject")},
    menu=Menu(66, "C"),
    lane="tool",
    stages=("finding", "fitting", "coloring"),
    requires=Requirements(model=False, network="segmenter"),
)

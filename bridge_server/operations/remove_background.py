"""Remove Background: the picture's subject as a layer with a layer mask."""

from __future__ import annotations

from .base import InputSpec, Menu, Operation, OutputSpec, Requirements
from .subject import CleanColorsOption, SegmenterOptions, ThresholdOption


class RemoveBackgroundParams(SegmenterOptions):
    threshold: ThresholdOption = 0.5
    clean_colors: CleanColorsOption = True


OPERATION = Operation(
    name="remove-background",
    title="Remove Background",
    description="Show the subject alone: a copy of the layer with a layer mask, in its place.",
    help="Needs no model. Paint on the layer mask to bring back what is missing, or to hide more.",
    params=RemoveBackgroundParams,
    inputs={
        "image": InputSpec("Source", source="layer"),
        "mask": InputSpec("Selection", required=False, unselected="everything"),
    },
    outputs={"layer": OutputSpec("layer", "Without background", hides_source=True)},
    menu=Menu(62, "B"),
    lane="tool",
    stages=("finding", "fitting", "coloring"),
    requires=Requirements(model=False, network="segmenter"),
)

"""What the worker runs of Qwen-Image."""

from __future__ import annotations

from ...pipelines.generation import Generation, Picture, Watch
from .layers import separate
from .load import QwenImage, load
from .paint import paint_picture
from .spec import LAYERED

__all__ = ["generate", "load"]


def generate(loaded: QwenImage, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel."""
    does = separate if loaded.spec.key == LAYERED.key else paint_picture
    return does(loaded, generation, watch)

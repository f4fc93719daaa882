"""The toy without its hooks: it can be cancelled between steps only."""

from __future__ import annotations

from dataclasses import replace

from bridge_server.pipelines.family import Loaded
from bridge_server.pipelines.generation import Generation, Picture, Watch
from bridge_server.pipelines.paint import paint

from .model import ToyPainter, load

__all__ = ["generate", "load"]


def generate(loaded: Loaded, generation: Generation, watch: Watch) -> Picture:
    """Its components name no layers, so that none is hooked."""
    return paint(ToyPainter(replace(loaded, spec=replace(loaded.spec, components={}))), generation, watch)

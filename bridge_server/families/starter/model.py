"""The starter model is loaded and painted with as Stable Diffusion is."""

from __future__ import annotations

from ..stable_diffusion.model import generate, load

__all__ = ["generate", "load"]

"""What the worker runs of Stable Diffusion 3."""

from __future__ import annotations

from .load import load
from .paint import generate

__all__ = ["generate", "load"]

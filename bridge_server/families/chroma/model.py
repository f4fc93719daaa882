"""What the worker runs of Chroma."""

from __future__ import annotations

from .load import load
from .paint import generate

__all__ = ["generate", "load"]

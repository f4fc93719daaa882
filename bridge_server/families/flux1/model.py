"""What the worker runs of FLUX.1."""

from __future__ import annotations

from .load import load
from .paint import generate

__all__ = ["generate", "load"]

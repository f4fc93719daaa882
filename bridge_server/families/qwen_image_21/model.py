"""What the worker runs of Qwen-Image 2.1."""

from __future__ import annotations

from .load import load
from .paint import generate

__all__ = ["generate", "load"]

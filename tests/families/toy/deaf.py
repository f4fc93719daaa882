"""The toy without its hooks: it can be cancelled between steps only."""

from __future__ import annotations

from .model import denoise as generate
from .model import load

__all__ = ["generate", "load"]

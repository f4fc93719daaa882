"""Inpaint: a painted layer, as its plan says; filled by example where no model paints."""

from __future__ import annotations

from .filling import edit_layer as run

__all__ = ["run"]

"""Outpaint: a painted layer, as its plan says."""

from __future__ import annotations

from .painting import paint_layer as run

__all__ = ["run"]

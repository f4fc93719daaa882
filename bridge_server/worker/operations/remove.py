"""Remove, which is inpaint without a prompt: a painted or filled layer, as its plan says."""

from __future__ import annotations

from .filling import edit_layer as run

__all__ = ["run"]

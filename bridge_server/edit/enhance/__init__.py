"""A picture at its own size with less noise, with sharper edges, and without the blocks of a JPEG."""

from .blocks import prepare
from .picture import Found, Strengths, enhance, measure, tiles

__all__ = ["Found", "Strengths", "enhance", "measure", "prepare", "tiles"]

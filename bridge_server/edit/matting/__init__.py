"""Matting: how much of each pixel is of the subject, and the subject's own colours there."""

from .foreground import Colors, estimate_colors
from .matte import fine_alpha, firm

__all__ = ["Colors", "estimate_colors", "fine_alpha", "firm"]

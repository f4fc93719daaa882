"""Matting: how much of each pixel is of the subject, and the subject's own colours there."""

from .foreground import Colors, estimate_colors
from .matte import fine_alpha, firm
from .refine import Refiner

__all__ = ["Colors", "Refiner", "estimate_colors", "fine_alpha", "firm"]

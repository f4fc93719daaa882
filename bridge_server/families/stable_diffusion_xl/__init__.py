"""Stable Diffusion XL and its descendants: UNets of 4 and 9 channels, two CLIP text encoders."""

from __future__ import annotations

from ..base import Family
from .detect import detect, detect_lora
from .spec import ALL

FAMILIES = tuple(
    Family(spec, detect, f"{__name__}.model", f"{__name__}.tiny", asked=5, detect_adapter=detect_lora) for spec in ALL
)

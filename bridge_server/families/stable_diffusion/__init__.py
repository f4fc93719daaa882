"""Stable Diffusion 1 and 2: UNets of 4 and 9 channels, one CLIP text encoder."""

from __future__ import annotations

from ..base import Family
from .detect import detect, detect_lora
from .spec import SD1, SD2, SD2_BASE

FAMILIES = tuple(
    Family(spec, detect, f"{__name__}.model", f"{__name__}.tiny", asked=10, detect_adapter=detect_lora)
    for spec in (SD1, SD2_BASE, SD2)
)

"""Stable Diffusion 3.5 Large, as it was trained and distilled (Turbo), 3.5 Medium, and 3 Medium before it."""

from __future__ import annotations

from ..base import Family
from .detect import detect, detect_lora
from .spec import ALL

FAMILIES = tuple(
    Family(spec, detect, f"{__name__}.model", f"{__name__}.tiny", asked=8, detect_adapter=detect_lora) for spec in ALL
)

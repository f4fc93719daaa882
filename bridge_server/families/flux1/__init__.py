"""FLUX.1: dev, schnell, Fill (inpainting) and Kontext (edits by instruction)."""

from __future__ import annotations

from ..base import Family
from .detect import detect, detect_lora
from .spec import ALL

FAMILIES = tuple(
    Family(spec, detect, f"{__name__}.model", f"{__name__}.tiny", asked=7, detect_adapter=detect_lora) for spec in ALL
)

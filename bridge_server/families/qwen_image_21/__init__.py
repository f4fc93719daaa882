"""Qwen-Image 2.1: 7 thousand million parameters, for painting and editing, as it was trained and distilled (Turbo)."""

from __future__ import annotations

from ..base import Family
from .detect import detect, detect_lora
from .spec import ALL

FAMILIES = tuple(
    Family(spec, detect, f"{__name__}.model", f"{__name__}.tiny", asked=5, detect_adapter=detect_lora) for spec in ALL
)

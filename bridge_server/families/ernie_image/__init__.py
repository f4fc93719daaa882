"""ERNIE-Image: 8 thousand million parameters, as it was trained and distilled to few steps (Turbo)."""

from __future__ import annotations

from ..base import Family
from .detect import detect, detect_lora
from .spec import ALL

FAMILIES = tuple(
    Family(spec, detect, f"{__name__}.model", f"{__name__}.tiny", asked=8, detect_adapter=detect_lora) for spec in ALL
)

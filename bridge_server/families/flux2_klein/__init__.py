"""FLUX.2 Klein: 4B and 9B, distilled to few steps and as they were trained; reference pictures."""

from __future__ import annotations

from ..base import Family
from .detect import detect, detect_lora
from .spec import ALL

FAMILIES = tuple(
    Family(spec, detect, f"{__name__}.model", f"{__name__}.tiny", asked=5, detect_adapter=detect_lora) for spec in ALL
)

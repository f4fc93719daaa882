"""Chroma: made from FLUX.1 schnell, with guidance again and T5 alone; HD, Base and Flash."""

from __future__ import annotations

from ..base import Family
from .detect import detect, detect_lora
from .spec import ALL

FAMILIES = tuple(  # its LoRAs have FLUX.1's layers too, so it is asked before that
    Family(spec, detect, f"{__name__}.model", f"{__name__}.tiny", asked=6, detect_adapter=detect_lora) for spec in ALL
)

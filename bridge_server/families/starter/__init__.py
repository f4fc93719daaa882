"""The shipped starter model: a small UNet of Stable Diffusion's kind, trained for Layerbridge."""

from __future__ import annotations

from ..base import Family
from .detect import detect
from .spec import STARTER

FAMILIES = (Family(STARTER, detect, model=f"{__name__}.model", tiny=f"{__name__}.tiny"),)

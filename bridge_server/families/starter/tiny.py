"""For tests: a tiny model of the starter family; its parts are those of Stable Diffusion's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..stable_diffusion.tiny import build as build_stable_diffusion
from .spec import STARTER


def build(folder: Path, **changes: Any) -> Path:
    """As families.stable_diffusion.tiny.build, whose 4 pixels to a latent value are this family's too."""
    return build_stable_diffusion(folder, **{"family": STARTER.key, "inpaint": True, **changes})

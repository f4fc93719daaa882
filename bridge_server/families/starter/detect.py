"""Whether a model is of the starter family: its layerbridge.json says so, its parts do not (standard library only)."""

from __future__ import annotations

from ..base import Candidate, HubName, Lacking, Match
from ..stable_diffusion.detect import detect as detect_stable_diffusion
from .spec import STARTER


def detect(candidate: Candidate) -> Match | Lacking | None:
    """See base.Detect."""
    if isinstance(candidate, HubName) or candidate.told != STARTER.key:
        return None
    return detect_stable_diffusion(candidate)

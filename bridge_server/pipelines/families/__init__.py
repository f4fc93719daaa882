"""Which code runs which family. A new architecture is one module here and one line in FAMILIES."""

from __future__ import annotations

from ...errors import BridgeError, ErrorCode
from .base import Family
from .sd import STABLE_DIFFUSION

FAMILIES: dict[str, Family] = {family.name: family for family in STABLE_DIFFUSION}


def family_of(name: str) -> Family:
    """Raises BridgeError(unsupported)."""
    if name in FAMILIES:
        return FAMILIES[name]
    raise BridgeError(
        ErrorCode.UNSUPPORTED,
        f"Layerbridge cannot run models of the family {name or 'of this one'} yet; it runs {', '.join(FAMILIES)}.",
    )

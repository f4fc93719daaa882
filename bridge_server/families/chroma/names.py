"""How the layers of Chroma's transformer are called beside FLUX.1's (standard library only)."""

from __future__ import annotations

from ..flux1.names import FUSED
from ..flux1.names import LAYERS as FLUX_LAYERS
from ..flux1.names import RENAMED as FLUX_RENAMED
from .layout import APPROXIMATOR

DEPTH = 5  # layers of the published approximators
OF_APPROXIMATOR = {"in_layer": "linear_1", "out_layer": "linear_2"}
_START = APPROXIMATOR.replace(".", "_")
LAYERS = (*FLUX_LAYERS, _START)
RENAMED = {
    **FLUX_RENAMED,
    **{
        f"{_START}layers_{layer}_{theirs}": f"{_START}layers_{layer}_{ours}"
        for layer in range(DEPTH)
        for theirs, ours in OF_APPROXIMATOR.items()
    },
}
__all__ = ["FUSED", "LAYERS", "OF_APPROXIMATOR", "RENAMED"]

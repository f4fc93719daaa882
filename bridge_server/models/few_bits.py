"""Which numbers of few bits a file has, as its name and those of its tensors tell (standard library only)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .gguf import SUFFIX

_BITSANDBYTES = ".quant_state.bitsandbytes__"
_DOUBLE = ".weight_scale_2"  # the scale of the scales of nvfp4
_SCALED = (".scale_weight", ".weight_scale", ".comfy_quant", "scaled_fp8")
_OTHERS = "Get the model with fp8, int8 or GGUF numbers, or as its makers publish it."


def unreadable_numbers(file: Path, names: Iterable[str], *, reads_few_bits: bool) -> str:
    """Why a file's numbers cannot be read, as the end of a sentence and what to do; empty where nothing tells so.

    reads_few_bits: whether its family reads those that others have.
    """
    is_few = file.suffix.lower() == SUFFIX
    for name in names:
        if _BITSANDBYTES in name:
            return f"has numbers of bitsandbytes, which Layerbridge reads from no single file. {_OTHERS}"
        if name.endswith(_DOUBLE):
            return f"has numbers of four bits (nvfp4), which Layerbridge cannot read. {_OTHERS}"
        is_few = is_few or name.endswith(_SCALED)
    if is_few and not reads_few_bits:
        return "has numbers of few bits, which models of its family are not read with. Get it with plain numbers."
    return ""

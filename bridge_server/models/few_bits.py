"""Kinds of numbers that are told by the names of tensors, and that nothing here can read (standard library only)."""

from __future__ import annotations

from collections.abc import Iterable

_BITSANDBYTES = ".quant_state.bitsandbytes__"
_DOUBLE = ".weight_scale_2"  # the scale of the scales of nvfp4
_OTHERS = "Get the model with fp8, int8 or GGUF numbers, or as its makers publish it."


def unreadable_numbers(names: Iterable[str]) -> str:
    """Why a file's numbers cannot be read, as the end of a sentence and what to do; empty where nothing tells so."""
    for name in names:
        if _BITSANDBYTES in name:
            return f"has numbers of bitsandbytes, which Layerbridge reads from no single file. {_OTHERS}"
        if name.endswith(_DOUBLE):
            return f"has numbers of four bits (nvfp4), which Layerbridge cannot read. {_OTHERS}"
    return ""

"""Which numbers of few bits a file has, as its name and those of its tensors tell (standard library only)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from .bounds import FEW_BITS
from .gguf import SUFFIX

LIBRARIES = {"torchao": "", "sdnq": "", "bitsandbytes": "cuda"}  # that read such folders, and the only device of each
_BITSANDBYTES = ".quant_state.bitsandbytes__"
_DOUBLE = ".weight_scale_2"  # the scale of the scales of nvfp4
_SCALED = (".scale_weight", ".weight_scale", ".comfy_quant", "scaled_fp8")
_OTHERS = "Get the model with fp8, int8 or GGUF numbers, or as its makers publish it."


def methods_of(configs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Which library reads the numbers of each component, as its configuration says; of those with numbers as usual
    none.
    """
    told = {name: config[FEW_BITS] for name, config in configs.items() if config.get(FEW_BITS)}
    return {
        name: str(cast("dict[str, Any]", value).get("quant_method")) if isinstance(value, dict) else "an unknown one"
        for name, value in told.items()
    }


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

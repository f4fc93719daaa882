"""How many rows go out of the layers that an adapter changes: of LoRA, LoHa and LoKr alike (standard library only).

LoRA and LoHa have a matrix of that height; LoKr has two whose heights multiply to it, each whole or as a product of its
own (https://github.com/KohakuBlueleaf/LyCORIS).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .base import AdapterFile, tensor_named
from .stable_diffusion.layout import LORA_UP

LOKR = b".lokr_w"


@dataclass(frozen=True)
class Layers:
    """Layers of one height. last: the matrix that has it; factors: the two whose product has it."""

    last: re.Pattern[bytes]
    factors: tuple[re.Pattern[bytes], re.Pattern[bytes]]


def layers_named(end: bytes) -> Layers:
    """end: a regular expression for the end of their names, as for `tensor_named`."""
    one, other = (tensor_named(end + rb"\.lokr_w%d(?:_a)?" % number) for number in (1, 2))
    return Layers(tensor_named(end + rb"(?:%s|\.hada_w1_a)" % LORA_UP), (one, other))


def rows_of(file: AdapterFile, layers: Layers) -> int:
    """Of the first of these layers in the file; 0 where it has none."""
    shape = file.shape_of(layers.last)
    if shape is not None or LOKR not in file.header:
        return (shape or (0,))[0]
    one, other = ((file.shape_of(factor) or (0,))[0] for factor in layers.factors)
    return one * other

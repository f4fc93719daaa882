"""Weights out of ncnn's two files: the list of layers (.param), and what they hold (.bin) in the same order.

https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure, for layers that are no larger than here: no groups,
weights in half precision, a bias in single precision.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HALF = 0x01306B47  # ncnn's mark before weights in half precision

Arrays = dict[str, NDArray[Any]]


def read_layers(param: str, weights: bytes, names: Sequence[str] | None = None) -> Arrays:
    """The tensors of the convolutions and PReLUs, each `<name>.weight` and `.bias`. names: of these layers, in order;
    None: `body.0`, `body.1` … Convolutions' weights (outputs, inputs, side, side) stay in half precision.

    Raises ValueError where the two files, or the names, do not belong together.
    """
    tensors: Arrays = {}
    position = 0
    layers = list(_layers(param))
    if names is not None and len(names) != len(layers):
        raise ValueError(f"{len(layers)} layers for {len(names)} names")
    for index, (kind, settings) in enumerate(layers):
        name = f"body.{index}" if names is None else names[index]
        if kind == "Convolution":
            count, outputs, side = (int(settings[key]) for key in ("6", "0", "1"))
            (mark,) = struct.unpack_from("<I", weights, position)
            if mark != HALF:
                raise ValueError(f"{name} is not in half precision")
            values = np.frombuffer(weights, "<f2", count, position + 4)
            tensors[f"{name}.weight"] = values.reshape(outputs, -1, side, side).copy()
            position += 4 + -(-2 * count // 4) * 4
            tensors[f"{name}.bias"] = np.frombuffer(weights, "<f4", outputs, position).copy()
            position += 4 * outputs
        else:
            slopes = int(settings["0"])
            tensors[f"{name}.weight"] = np.frombuffer(weights, "<f4", slopes, position).copy()
            position += 4 * slopes
    if position != len(weights):
        raise ValueError(f"{len(weights) - position} bytes are left over")
    return tensors


def _layers(param: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Those with weights, in order, each with its settings by number."""
    for line in param.splitlines()[2:]:
        words = line.split()
        if words[0] in ("Convolution", "PReLU"):
            yield words[0], dict(word.split("=") for word in words[4 + int(words[2]) + int(words[3]) :])

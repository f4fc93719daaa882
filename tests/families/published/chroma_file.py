"""The tensors of published single files of Chroma: names and shapes, made from the architecture.

FLUX.1's (flux_file.py), without the modulations of its blocks, its time and its summary; what takes their place is
called as in https://github.com/lodestone-rock/flow.
"""

from __future__ import annotations

from collections.abc import Iterator

from .flux_file import WIDTH, Shapes
from .flux_file import transformer as flux

TOLD, INNER, DEPTH = 64, 5120, 5
LEFT_OUT = ("_mod.lin.", ".modulation.lin.", "time_in.", "vector_in.", "adaLN_modulation")


def transformer(root: str = "") -> Shapes:
    """root: what some programs write before each name."""
    kept = {name: shape for name, shape in flux("schnell").items() if not any(part in name for part in LEFT_OUT)}
    return {f"{root}{name}": shape for name, shape in {**kept, **dict(_approximator())}.items()}


def _approximator() -> Iterator[tuple[str, tuple[int, ...]]]:
    start = "distilled_guidance_layer."
    sizes = {"in_proj": (INNER, TOLD), "out_proj": (WIDTH, INNER)}
    layers = (f"layers.{layer}.{end}" for layer in range(DEPTH) for end in ("in_layer", "out_layer"))
    for name, shape in {**sizes, **dict.fromkeys(layers, (INNER, INNER))}.items():
        yield f"{start}{name}.weight", shape
        yield f"{start}{name}.bias", shape[:1]
    yield from ((f"{start}norms.{layer}.scale", (INNER,)) for layer in range(DEPTH))

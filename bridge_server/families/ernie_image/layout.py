"""What the tensors of a single file tell of ERNIE-Image's transformer (standard library only).

Its makers' names are diffusers'; ComfyUI writes something before them.
"""

from __future__ import annotations

from collections.abc import Collection

from ..transformer_files import ROOTS, Shapes, has_each

MARKS = ("adaLN_modulation.1.weight", "layers.0.self_attention.to_q.weight")  # together
TEXT_IN = "text_proj.weight"
PICTURE_IN = "x_embedder.proj.weight"
PICTURE_OUT = "final_linear.weight"
NEEDED = ((PICTURE_IN,), (TEXT_IN,), ("time_embedding.linear_1.weight",), (PICTURE_OUT,))


def root_of(names: Collection[str]) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of ERNIE-Image."""
    return next((root for root in ROOTS if all(f"{root}{mark}" in names for mark in MARKS)), None)


def is_whole(names: Collection[str], root: str) -> bool:
    return has_each(names, root, NEEDED)


def values_into(shapes: Shapes, root: str) -> int:
    """Channels of a token, of a convolution over one; 0 where it is none."""
    shape = shapes.get(root + PICTURE_IN, ())
    return shape[1] if len(shape) == 4 else 0

"""What the tensors of a single file tell of Z-Image's transformer (standard library only).

Names: https://github.com/Tongyi-MAI/Z-Image and diffusers' ZImageTransformer2DModel; ComfyUI's files have one layer for
queries, keys and values, and some have something before each name.
"""

from __future__ import annotations

from collections.abc import Collection

from ..transformer_files import ROOTS, Shapes, has_each

MARK = "layers.0.adaLN_modulation.0.weight"  # Lumina 2's is the second of its list
DIFFUSERS = "all_x_embedder.2-1.weight"  # in diffusers' names alone
PICTURE_IN = ("x_embedder.weight", DIFFUSERS)
TEXT_IN = ("cap_embedder.1.weight",)
NEEDED = (
    PICTURE_IN,
    TEXT_IN,
    ("noise_refiner.0.feed_forward.w1.weight",),
    ("context_refiner.0.feed_forward.w1.weight",),
    ("final_layer.linear.weight", "all_final_layer.2-1.linear.weight"),
)
OMNI = "siglip_embedder.1.weight"
CONTROL = "control_all_x_embedder.2-1.weight"


def root_of(names: Collection[str], mark: str = MARK) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of Z-Image."""
    return next((root for root in ROOTS if f"{root}{mark}" in names), None)


def width_of(shapes: Shapes, root: str) -> int:
    """Of the transformer; 0 where the tensor that tells it is none."""
    shape = shapes[root + MARK]
    return shape[0] // 4 if len(shape) == 2 else 0


def is_whole(names: Collection[str], root: str) -> bool:
    return has_each(names, root, NEEDED)
